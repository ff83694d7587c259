using FlowEngine.Checkpoints;

namespace FlowEngine.Anomalies;

/// <summary>What flows of a detector share before their mixtures: a curve of each column, and axes where the table is wide.</summary>
/// <param name="curve">Of bent columns, else null.</param>
/// <param name="axes">Of wide tables, else null.</param>
/// <param name="dims">Columns, D.</param>
internal sealed class DetectorColumns(ColumnCurve? curve, PrincipalAxes? axes, int dims)
{
    /// <summary>The axes of a wide table; null of another.</summary>
    public PrincipalAxes? Axes => axes;

    /// <summary>What a mixture learns of a row: its first coordinates, so many.</summary>
    public int Front => axes?.Front ?? dims;

    /// <summary>Measures rows.</summary>
    /// <param name="rows">(N, D), standardized; left as they are.</param>
    /// <param name="dims">Columns, D.</param>
    /// <param name="isBent">Whether columns go through a curve.</param>
    /// <param name="fronts">(N, Front): what mixtures learn of the rows.</param>
    public static DetectorColumns Fit(double[] rows, int dims, bool isBent, out double[] fronts)
    {
        int length = rows.Length / dims;
        double[] bent = [.. rows];
        ColumnCurve? curve = isBent ? ColumnCurve.Fit(rows, dims) : null;
        for (int i = 0; curve is not null && i < length; i++)
        {
            curve.Apply(bent.AsSpan(i * dims, dims));
        }

        if (dims <= PrincipalAxes.MostFront)
        {
            fronts = bent;
            return new DetectorColumns(curve, null, dims);
        }

        PrincipalAxes axes = PrincipalAxes.Fit(bent, dims);
        fronts = new double[length * axes.Front];
        for (int i = 0; i < length; i++)
        {
            axes.Project(bent.AsSpan(i * dims, dims), fronts.AsSpan(i * axes.Front, axes.Front));
        }

        return new DetectorColumns(curve, axes, dims);
    }

    /// <summary>A row as the mixtures see it.</summary>
    /// <param name="row">(D), standardized.</param>
    public DetectorRow Apply(ReadOnlySpan<double> row)
    {
        double[] bent = row.ToArray();
        curve?.Apply(bent);
        if (axes is null)
        {
            return new DetectorRow(bent, bent, 0);
        }

        double[] coordinates = new double[axes.Count];
        return new DetectorRow(bent, coordinates, axes.Project(bent, coordinates));
    }

    /// <summary>The columns as tensors of a checkpoint.</summary>
    /// <param name="prefix">Goes before their names.</param>
    public IEnumerable<NamedTensor> Tensors(string prefix) =>
        [.. curve is null ? (NamedTensor[])[] : [curve.Tensor(prefix)], .. axes?.Tensors(prefix) ?? []];

    /// <summary>Columns from the tensors of a checkpoint.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="prefix">Before their names.</param>
    /// <param name="dims">Columns, D.</param>
    /// <exception cref="FormatException">A tensor is of other sizes.</exception>
    public static DetectorColumns Read(DetectorTensors tensors, string prefix, int dims)
    {
        double[]? curve = tensors.Find($"{prefix}.curve", 4, dims);
        double[]? variances = tensors.Find($"{prefix}.axis_variances", -1);
        return new DetectorColumns(
            curve is null ? null : new ColumnCurve(curve),
            variances is null
                ? null
                : new PrincipalAxes(dims, variances, tensors.Get($"{prefix}.axes", variances.Length, dims)),
            dims);
    }
}
