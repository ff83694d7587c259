namespace FlowEngine.Tensors;

/// <summary>
/// A square matrix as W[i, :] = ((L + I)(U + diag(sign · exp(logDiagonal))))[permutation[i], :], row-major, with L
/// strictly lower and U strictly upper triangular.
/// </summary>
internal sealed record PluFactors(
    double[] Lower, double[] Upper, double[] LogDiagonal, double[] Sign, int[] Permutation)
{
    internal int Size => Permutation.Length;

    /// <summary>Gaussian elimination with partial pivoting; null where the matrix is singular.</summary>
    internal static PluFactors? Factor(ReadOnlySpan<double> matrix, int size)
    {
        double[] a = matrix.ToArray();
        int[] rows = [.. Enumerable.Range(0, size)];
        for (int k = 0; k < size; k++)
        {
            int pivot = LargestInColumn(a, size, k);
            double diagonal = a[(pivot * size) + k];
            if (diagonal == 0 || !double.IsFinite(diagonal))
            {
                return null;
            }

            (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            Swap(a.AsSpan(k * size, size), a.AsSpan(pivot * size, size));
            for (int i = k + 1; i < size; i++)
            {
                double factor = a[(i * size) + k] / diagonal;
                a[(i * size) + k] = factor;
                for (int j = k + 1; j < size; j++)
                {
                    a[(i * size) + j] -= factor * a[(k * size) + j];
                }
            }
        }

        return Split(a, rows);
    }

    /// <summary>The factors of W·diag(signs), exactly: U and the diagonal change the sign of whole columns.</summary>
    internal PluFactors WithColumnSigns(ReadOnlySpan<double> signs)
    {
        double[] upper = [.. Upper];
        double[] sign = [.. Sign];
        for (int j = 0; j < Size; j++)
        {
            sign[j] *= signs[j];
            for (int i = 0; i < j; i++)
            {
                upper[(i * Size) + j] *= signs[j];
            }
        }

        return this with { Upper = upper, Sign = sign };
    }

    private static int LargestInColumn(double[] a, int size, int k)
    {
        int pivot = k;
        for (int i = k + 1; i < size; i++)
        {
            if (Math.Abs(a[(i * size) + k]) > Math.Abs(a[(pivot * size) + k]))
            {
                pivot = i;
            }
        }

        return pivot;
    }

    private static void Swap(Span<double> first, Span<double> second)
    {
        for (int j = 0; j < first.Length; j++)
        {
            (first[j], second[j]) = (second[j], first[j]);
        }
    }

    /// <summary>From L and U in one matrix, whose row j is row <c>rows[j]</c> of the original.</summary>
    private static PluFactors Split(double[] a, int[] rows)
    {
        int size = rows.Length;
        var factors = new PluFactors(
            new double[a.Length], new double[a.Length], new double[size], new double[size], new int[size]);
        for (int i = 0; i < size; i++)
        {
            int row = i * size;
            a.AsSpan(row, i).CopyTo(factors.Lower.AsSpan(row));
            a.AsSpan(row + i + 1, size - i - 1).CopyTo(factors.Upper.AsSpan(row + i + 1));
            factors.LogDiagonal[i] = Math.Log(Math.Abs(a[row + i]));
            factors.Sign[i] = Math.Sign(a[row + i]);
            factors.Permutation[rows[i]] = i;
        }

        return factors;
    }
}
