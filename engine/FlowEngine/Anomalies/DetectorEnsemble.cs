using FlowEngine.Checkpoints;

namespace FlowEngine.Anomalies;

/// <summary>The flows of a detector, which are fitted to the same rows.</summary>
/// <param name="flows">One of each kind.</param>
/// <param name="dims">Columns, D.</param>
internal sealed class DetectorEnsemble(DetectorFlow[] flows, int dims)
{
    /// <summary>Rows times squared columns: more rows than that are not fitted.</summary>
    private const double MostWork = 1.6e7;

    private const int MostRows = 20_000;
    private const int Chunk = 256;

    /// <summary>How many flows.</summary>
    public int Count => flows.Length;

    /// <summary>The most rows that are fitted.</summary>
    /// <param name="dims">Columns, D.</param>
    public static int RowsFor(int dims)
    {
        double front = Math.Min(dims, PrincipalAxes.MostFront);
        return (int)Math.Min(MostRows, MostWork / (front * front));
    }

    /// <summary>Fits a flow of each kind.</summary>
    /// <param name="rows">(N, D), standardized.</param>
    /// <param name="dims">Columns, D.</param>
    /// <param name="seed">Where the components begin.</param>
    /// <param name="cancel">Stops before a flow.</param>
    public static DetectorEnsemble Fit(double[] rows, int dims, ulong seed, CancellationToken cancel)
    {
        DetectorFlow[] flows = new DetectorFlow[DetectorFlowKind.All.Count];
        Parallel.For(0, flows.Length, new ParallelOptions { CancellationToken = cancel }, i =>
            flows[i] = DetectorFlow.Fit(rows, dims, DetectorFlowKind.All[i], seed + (ulong)i));
        return new DetectorEnsemble(flows, dims);
    }

    /// <summary>The norms of rows under each flow.</summary>
    /// <param name="rows">(N, D), standardized.</param>
    /// <param name="cancel">Stops between rows.</param>
    /// <returns>(N, flows).</returns>
    public double[] Norms(double[] rows, CancellationToken cancel)
    {
        int length = rows.Length / dims;
        double[] norms = new double[length * Count];
        Parallel.For(0, (length + Chunk - 1) / Chunk, new ParallelOptions { CancellationToken = cancel }, chunk =>
        {
            for (int i = chunk * Chunk; i < Math.Min(length, (chunk + 1) * Chunk); i++)
            {
                for (int f = 0; f < Count; f++)
                {
                    norms[(i * Count) + f] = flows[f].Norm(rows.AsSpan(i * dims, dims));
                }
            }
        });
        return norms;
    }

    /// <summary>The mean over the flows of how far a row's norm falls where a column is left free.</summary>
    /// <param name="row">(D), standardized.</param>
    /// <param name="scales">What each flow's norm is divided by.</param>
    /// <returns>(D).</returns>
    public double[] Explain(ReadOnlySpan<double> row, double[] scales)
    {
        double[] falls = new double[dims];
        double[] mean = new double[dims];
        for (int f = 0; f < Count; f++)
        {
            flows[f].Explain(row, falls);
            Doubles.AddScaled(1 / (Count * scales[f]), falls, mean);
        }

        return mean;
    }

    /// <summary>The flows as tensors of a checkpoint.</summary>
    public IEnumerable<NamedTensor> Tensors() => flows.SelectMany((flow, f) => flow.Tensors($"flow.{f}"));

    /// <summary>The flows of a checkpoint.</summary>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="count">How many flows.</param>
    /// <param name="dims">Columns, D.</param>
    /// <exception cref="FormatException">A tensor is missing, or of other sizes.</exception>
    public static DetectorEnsemble Read(DetectorTensors tensors, int count, int dims) =>
        new([.. Enumerable.Range(0, count).Select(f => DetectorFlow.Read(tensors, $"flow.{f}", dims))], dims);
}
