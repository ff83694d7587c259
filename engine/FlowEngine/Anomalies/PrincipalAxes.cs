using FlowEngine.Checkpoints;

namespace FlowEngine.Anomalies;

/// <summary>The axes of a wide table: a mixture learns the first of them, the others are Gaussian.</summary>
/// <remarks>
/// <code>
/// c_i = v_i'x                            the front, i below <see cref="Front"/>
/// Σ_i c_i² / (variance_i + noise²)       the squared norm of the others; of what no training row spans the variance is 0
/// </code>
/// </remarks>
internal sealed class PrincipalAxes
{
    /// <summary>Columns from which on a table is wide, and axes that a mixture learns of it.</summary>
    public const int MostFront = 60;

    private const int MostRows = 2000;

    /// <summary>Axes of less variance than this are those that no row spans.</summary>
    private const double LeastVariance = 1e-9;

    private readonly double[] _vectors;
    private readonly double[] _variances;

    /// <param name="dims">Columns, D.</param>
    /// <param name="variances">(R), falling.</param>
    /// <param name="vectors">(R, D), orthonormal.</param>
    public PrincipalAxes(int dims, double[] variances, double[] vectors) =>
        (Dims, _variances, _vectors) = (dims, variances, vectors);

    /// <summary>Columns, D.</summary>
    public int Dims { get; }

    /// <summary>Axes that training rows span, R.</summary>
    public int Count => _variances.Length;

    /// <summary>Axes that a mixture learns.</summary>
    public int Front => Math.Min(MostFront, Count);

    /// <summary>The axes of rows whose means are 0.</summary>
    /// <param name="rows">(N, D), not all zero.</param>
    /// <param name="dims">Columns, D.</param>
    public static PrincipalAxes Fit(double[] rows, int dims)
    {
        int length = Math.Min(MostRows, rows.Length / dims);

        // The smaller of X'X and XX' has the same eigenvalues.
        bool isByRows = length < dims;
        int order = isByRows ? length : dims;
        double[] product = new double[order * order];
        for (int i = 0; i < order; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                product[(i * order) + j] = product[(j * order) + i] = isByRows ? OfRows(i, j) : OfColumns(i, j);
            }
        }

        double[] values = SymmetricEigen.Decompose(product, order);
        int[] kept = [.. Enumerable.Range(0, order).Where(i => values[i] > LeastVariance).OrderByDescending(i => values[i])];
        double[] vectors = new double[kept.Length * dims];
        for (int r = 0; r < kept.Length; r++)
        {
            ReadOnlySpan<double> eigenvector = product.AsSpan(kept[r] * order, order);
            Span<double> axis = vectors.AsSpan(r * dims, dims);
            if (!isByRows)
            {
                eigenvector.CopyTo(axis);
                continue;
            }

            double scale = 1 / Math.Sqrt(length * values[kept[r]]);
            for (int i = 0; i < length; i++)
            {
                Doubles.AddScaled(scale * eigenvector[i], rows.AsSpan(i * dims, dims), axis);
            }
        }

        return new PrincipalAxes(dims, [.. kept.Select(i => values[i])], vectors);

        double OfRows(int i, int j) => Doubles.Dot(rows.AsSpan(i * dims, dims), rows.AsSpan(j * dims, dims)) / length;

        double OfColumns(int i, int j)
        {
            double sum = 0;
            for (int row = 0; row < length; row++)
            {
                sum += rows[(row * dims) + i] * rows[(row * dims) + j];
            }

            return sum / length;
        }
    }

    /// <summary>The coordinates of a row.</summary>
    /// <param name="row">(D).</param>
    /// <param name="coordinates">Overwritten; of the first axes where there are fewer than <see cref="Count"/>.</param>
    /// <returns>The squared length of what those axes do not span.</returns>
    public double Project(ReadOnlySpan<double> row, Span<double> coordinates)
    {
        double unspanned = Doubles.Dot(row, row);
        for (int r = 0; r < coordinates.Length; r++)
        {
            coordinates[r] = Doubles.Dot(Axis(r), row);
            unspanned -= coordinates[r] * coordinates[r];
        }

        return Math.Max(0, unspanned);
    }

    /// <summary>The squared norm of what a mixture does not learn of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="noise">The standard deviation of the noise.</param>
    public double NormOfOthers(in DetectorRow row, double noise)
    {
        double norm = 0;
        for (int r = Front; r < Count; r++)
        {
            norm += row.Coordinates[r] * row.Coordinates[r] / (_variances[r] + (noise * noise));
        }

        return norm + (row.Unspanned / (noise * noise));
    }

    /// <summary>What <see cref="AffineMixture.Pull"/> gives, of the columns and with the Gaussian axes.</summary>
    /// <param name="row">The row.</param>
    /// <param name="mixture">Of the front.</param>
    /// <param name="noise">The standard deviation of the noise.</param>
    /// <param name="gradient">(D), overwritten: half the gradient of the squared norm by the row.</param>
    /// <param name="precision">(D), overwritten: half its second derivatives.</param>
    public void Pull(
        in DetectorRow row, AffineMixture mixture, double noise, Span<double> gradient, Span<double> precision)
    {
        ReadOnlySpan<double> front = row.Coordinates.AsSpan(0, Front);
        double[] latents = new double[Front];
        double[] axisGradient = new double[Front];
        int component = mixture.Likeliest(front, latents);
        mixture.Whiten(component, front, latents);
        mixture.Pull(component, latents, axisGradient, new double[Front]);
        double ofUnspanned = 1 / (noise * noise);
        for (int j = 0; j < Dims; j++)
        {
            (gradient[j], precision[j]) = (ofUnspanned * row.Bent[j], ofUnspanned);
        }

        for (int r = 0; r < Count; r++)
        {
            ReadOnlySpan<double> axis = Axis(r);
            double coordinate = row.Coordinates[r];
            double inverse = r < Front ? 0 : 1 / (_variances[r] + (noise * noise));
            Doubles.AddScaled((r < Front ? axisGradient[r] : inverse * coordinate) - (ofUnspanned * coordinate), axis, gradient);
            for (int j = 0; j < Dims; j++)
            {
                precision[j] += (inverse - ofUnspanned) * axis[j] * axis[j];
            }
        }

        // W V' of the front, a row at a time.
        double[] mapped = new double[Dims];
        for (int i = 0; i < Front; i++)
        {
            Array.Clear(mapped);
            ReadOnlySpan<double> whitening = mixture.WhiteningRow(component, i);
            for (int r = 0; r <= i; r++)
            {
                Doubles.AddScaled(whitening[r], Axis(r), mapped);
            }

            for (int j = 0; j < Dims; j++)
            {
                precision[j] += mapped[j] * mapped[j];
            }
        }
    }

    /// <summary>The axes as tensors of a checkpoint.</summary>
    /// <param name="prefix">Goes before their names.</param>
    public IEnumerable<NamedTensor> Tensors(string prefix) =>
    [
        new($"{prefix}.axis_variances", _variances, Count),
        new($"{prefix}.axes", _vectors, Count, Dims),
    ];

    private ReadOnlySpan<double> Axis(int r) => _vectors.AsSpan(r * Dims, Dims);
}
