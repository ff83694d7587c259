using FlowEngine.Checkpoints;
using FlowEngine.Tensors;

namespace FlowEngine.Anomalies;

/// <summary>One flow of a detector: a curve of each column, axes where the table is wide, and a mixture of affine flows.</summary>
internal sealed class DetectorFlow
{
    private readonly ColumnCurve? _curve;
    private readonly PrincipalAxes? _axes;
    private readonly AffineMixture _mixture;

    private DetectorFlow(double noise, ColumnCurve? curve, PrincipalAxes? axes, AffineMixture mixture) =>
        (Noise, _curve, _axes, _mixture) = (noise, curve, axes, mixture);

    /// <summary>The standard deviation of the noise that it was fitted with.</summary>
    public double Noise { get; }

    /// <summary>Fits rows.</summary>
    /// <param name="rows">(N, D), standardized; left as they are.</param>
    /// <param name="dims">Columns, D.</param>
    /// <param name="kind">Which flow.</param>
    /// <param name="seed">Chooses where components begin.</param>
    public static DetectorFlow Fit(double[] rows, int dims, DetectorFlowKind kind, ulong seed)
    {
        double[] bent = [.. rows];
        int length = rows.Length / dims;
        ColumnCurve? curve = kind.IsBent ? ColumnCurve.Fit(rows, dims) : null;
        for (int i = 0; curve is not null && i < length; i++)
        {
            curve.Apply(bent.AsSpan(i * dims, dims));
        }

        PrincipalAxes? axes = null;
        int front = dims;
        if (dims > PrincipalAxes.MostFront)
        {
            axes = PrincipalAxes.Fit(bent, dims);
            front = axes.Front;
            double[] projected = new double[length * front];
            for (int i = 0; i < length; i++)
            {
                axes.Project(bent.AsSpan(i * dims, dims), projected.AsSpan(i * front, front), kind.Noise);
            }

            bent = projected;
        }

        int count = kind.ComponentsFor(length);
        double[] uniform = new HostRandom(seed, RandomPurpose.Weights, 0).Uniform(count);
        return new DetectorFlow(
            kind.Noise, curve, axes, AffineMixture.Fit(bent, front, count, kind.Noise, uniform));
    }

    /// <summary>The length of the latents of a row under its likeliest component.</summary>
    /// <param name="row">(D), standardized.</param>
    public double Norm(ReadOnlySpan<double> row)
    {
        double[] bent = Bend(row);
        double[] latents = new double[_mixture.Dims];
        if (_axes is null)
        {
            return Math.Sqrt(_mixture.SquaredNorm(bent, latents));
        }

        double[] front = new double[_mixture.Dims];
        double others = _axes.Project(bent, front, Noise);
        return Math.Sqrt(others + _mixture.SquaredNorm(front, latents));
    }

    /// <summary>How far the norm of a row falls where a column is left free, for each column.</summary>
    /// <param name="row">(D), standardized.</param>
    /// <param name="falls">(D), overwritten.</param>
    public void Explain(ReadOnlySpan<double> row, Span<double> falls)
    {
        double[] bent = Bend(row);
        double norm = Norm(row);
        if (_axes is null)
        {
            _mixture.SquaredNormsWithout(bent, falls);
            for (int j = 0; j < falls.Length; j++)
            {
                falls[j] = Math.Max(0, norm - Math.Sqrt(falls[j]));
            }

            return;
        }

        double[] gradient = new double[row.Length];
        double[] precision = new double[row.Length];
        _axes.Pull(bent, _mixture, Noise, gradient, precision);
        for (int j = 0; j < falls.Length; j++)
        {
            double left = (norm * norm) - (gradient[j] * gradient[j] / precision[j]);
            falls[j] = norm - Math.Sqrt(Math.Max(0, left));
        }
    }

    /// <summary>The flow as tensors of a checkpoint.</summary>
    /// <param name="prefix">Goes before their names.</param>
    public IEnumerable<NamedTensor> Tensors(string prefix) =>
    [
        new NamedTensor($"{prefix}.noise", [Noise], 1),
        .. _curve is null ? (NamedTensor[])[] : [_curve.Tensor(prefix)],
        .. _axes?.Tensors(prefix) ?? [],
        .. _mixture.Tensors(prefix),
    ];

    /// <summary>A flow from the tensors of a checkpoint.</summary>
    /// <param name="tensors">Asked for a tensor by its name and its least rank: null where the file lacks it.</param>
    /// <param name="prefix">Before their names.</param>
    /// <param name="dims">Columns, D.</param>
    /// <exception cref="FormatException">A tensor is missing, or of other sizes.</exception>
    public static DetectorFlow Read(DetectorTensors tensors, string prefix, int dims)
    {
        double[]? curve = tensors.Find($"{prefix}.curve", 4, dims);
        double[]? variances = tensors.Find($"{prefix}.axis_variances", -1);
        PrincipalAxes? axes = variances is null
            ? null
            : new PrincipalAxes(dims, variances, tensors.Get($"{prefix}.axes", variances.Length, dims));
        int front = axes?.Front ?? dims;
        double[] weights = tensors.Get($"{prefix}.log_weights", -1);
        return new DetectorFlow(
            tensors.Get($"{prefix}.noise", 1)[0],
            curve is null ? null : new ColumnCurve(curve),
            axes,
            new AffineMixture(
                front,
                weights,
                tensors.Get($"{prefix}.means", weights.Length, front),
                tensors.Get($"{prefix}.whitening", weights.Length, front, front)));
    }

    private double[] Bend(ReadOnlySpan<double> row)
    {
        double[] bent = row.ToArray();
        _curve?.Apply(bent);
        return bent;
    }
}
