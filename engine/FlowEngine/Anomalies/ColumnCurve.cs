using FlowEngine.Checkpoints;
using FlowEngine.Data;

namespace FlowEngine.Anomalies;

/// <summary>An elementwise flow of standardized columns that draws in heavy tails: y = (asinh((x - center) / spread) - mean) / deviation.</summary>
internal sealed class ColumnCurve
{
    private readonly double[] _values;

    /// <param name="values">(4, D): centers, spreads, means, deviations.</param>
    public ColumnCurve(double[] values) => _values = values;

    private int Dims => _values.Length / 4;

    /// <summary>Measures rows.</summary>
    /// <param name="rows">(N, D), standardized.</param>
    /// <param name="dims">Columns, D.</param>
    public static ColumnCurve Fit(ReadOnlySpan<double> rows, int dims)
    {
        int length = rows.Length / dims;
        double[] values = new double[4 * dims];
        double[] column = new double[length];
        for (int j = 0; j < dims; j++)
        {
            for (int i = 0; i < length; i++)
            {
                column[i] = rows[(i * dims) + j];
            }

            Array.Sort(column);
            TailCurve curve = TailCurve.Of(column, deviation: 1);
            double mean = column.Average(value => curve.Forward(value));
            double variance = column.Average(value => Math.Pow(curve.Forward(value) - mean, 2));
            values[j] = curve.Center;
            values[dims + j] = curve.Spread;
            values[(2 * dims) + j] = mean;
            values[(3 * dims) + j] = variance > 0 ? Math.Sqrt(variance) : 1;
        }

        return new ColumnCurve(values);
    }

    /// <summary>Bends a row in place.</summary>
    /// <param name="row">(D).</param>
    public void Apply(Span<double> row)
    {
        int dims = Dims;
        for (int j = 0; j < dims; j++)
        {
            double bent = Math.Asinh((row[j] - _values[j]) / _values[dims + j]);
            row[j] = (bent - _values[(2 * dims) + j]) / _values[(3 * dims) + j];
        }
    }

    /// <summary>The curve as a tensor of a checkpoint.</summary>
    /// <param name="prefix">Goes before its name.</param>
    public NamedTensor Tensor(string prefix) => new($"{prefix}.curve", _values, 4, Dims);
}
