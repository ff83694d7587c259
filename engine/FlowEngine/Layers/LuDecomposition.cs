using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// W = Perm (L + I)(U + diag(s)) of a square matrix, by elimination with partial pivoting in float64; the arrays are in
/// the form <see cref="InvertibleConv1x1"/> stores them.
/// </summary>
internal sealed class LuDecomposition
{
    private LuDecomposition(double[] lower, double[] upper, double[] diagonal, double[] permutation)
    {
        Lower = lower;
        Upper = upper;
        LogDiagonal = [.. diagonal.Select(s => Math.Log(Math.Abs(s)))];
        Sign = [.. diagonal.Select(s => s < 0 ? -1.0 : 1.0)];
        Permutation = permutation;
    }

    public double[] Lower { get; }

    public double[] Upper { get; }

    public double[] LogDiagonal { get; }

    public double[] Sign { get; }

    public double[] Permutation { get; }

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">(size, size) row-major.</param>
    /// <param name="size">Rows and columns.</param>
    /// <exception cref="ArithmeticException">The matrix is singular.</exception>
    public static LuDecomposition Of(ReadOnlySpan<double> matrix, int size)
    {
        double[] a = matrix.ToArray();
        int[] rows = [.. Enumerable.Range(0, size)];
        for (int k = 0; k < size; k++)
        {
            int pivot = k;
            for (int r = k + 1; r < size; r++)
            {
                pivot = Math.Abs(a[(r * size) + k]) > Math.Abs(a[(pivot * size) + k]) ? r : pivot;
            }

            if (a[(pivot * size) + k] == 0)
            {
                throw new ArithmeticException("the matrix is singular");
            }

            if (pivot != k)
            {
                for (int c = 0; c < size; c++)
                {
                    (a[(k * size) + c], a[(pivot * size) + c]) = (a[(pivot * size) + c], a[(k * size) + c]);
                }

                (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            }

            for (int r = k + 1; r < size; r++)
            {
                double factor = a[(r * size) + k] /= a[(k * size) + k];
                for (int c = k + 1; c < size; c++)
                {
                    a[(r * size) + c] -= factor * a[(k * size) + c];
                }
            }
        }

        double[] lower = new double[size * size];
        double[] upper = new double[size * size];
        double[] diagonal = new double[size];
        double[] permutation = new double[size];
        for (int r = 0; r < size; r++)
        {
            // Elimination moved row rows[r] of the matrix to place r; Permutation is the way back.
            permutation[rows[r]] = r;
            diagonal[r] = a[(r * size) + r];
            for (int c = 0; c < size; c++)
            {
                (c < r ? lower : upper)[(r * size) + c] = c == r ? 0 : a[(r * size) + c];
            }
        }

        return new LuDecomposition(lower, upper, diagonal, permutation);
    }

    /// <summary>Decomposes a random rotation: normal rows made orthonormal by Gram and Schmidt, twice for accuracy.</summary>
    public static LuDecomposition OfRotation(HostRandom random, int size)
    {
        double[] q = random.Normal(size * size);
        for (int r = 0; r < size; r++)
        {
            Span<double> row = q.AsSpan(r * size, size);
            for (int pass = 0; pass < 2; pass++)
            {
                for (int previous = 0; previous < r; previous++)
                {
                    double along = 0;
                    for (int c = 0; c < size; c++)
                    {
                        along += row[c] * q[(previous * size) + c];
                    }

                    for (int c = 0; c < size; c++)
                    {
                        row[c] -= along * q[(previous * size) + c];
                    }
                }

                double norm = 0;
                foreach (double value in row)
                {
                    norm += value * value;
                }

                norm = Math.Sqrt(norm);
                for (int c = 0; c < size; c++)
                {
                    row[c] /= norm;
                }
            }
        }

        return Of(q, size);
    }
}
