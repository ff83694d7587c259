using FlowEngine.Checkpoints;
using FlowEngine.Tensors;

namespace FlowEngine.Anomalies;

/// <summary>The flows of a detector, which are fitted to the same rows.</summary>
/// <param name="columns">Those that are straight, and those that are bent.</param>
/// <param name="flows">One of each kind.</param>
/// <param name="dims">Columns, D.</param>
internal sealed class DetectorEnsemble(DetectorColumns[] columns, DetectorFlow[] flows, int dims)
{
    /// <summary>Rows times squared columns: more rows than that are not fitted.</summary>
    private const double MostWork = 1.6e7;

    private const int MostRows = 20_000;
    private const int Chunk = 256;

    /// <summary>How many flows.</summary>
    public int Count => flows.Length;

    /// <summary>The most rows that are fitted.</summary>
    /// <param name="dims">Columns, D.</param>
    public static int RowsFor(int dims) => DetectorFlowKind.Members * RowsOfFlow(dims);

    /// <summary>Fits a flow of each kind.</summary>
    /// <param name="rows">(N, D), standardized.</param>
    /// <param name="dims">Columns, D.</param>
    /// <param name="seed">Where the components begin.</param>
    /// <param name="cancel">Stops before a flow.</param>
    public static DetectorEnsemble Fit(double[] rows, int dims, ulong seed, CancellationToken cancel)
    {
        DetectorColumns[] columns = new DetectorColumns[2];
        double[][] fronts = new double[columns.Length][];
        OwnThreads.For(
            columns.Length, i => columns[i] = DetectorColumns.Fit(rows, dims, isBent: i == 1, out fronts[i]), cancel);
        DetectorFlow[] flows = new DetectorFlow[DetectorFlowKind.All.Count];
        OwnThreads.For(flows.Length, i =>
        {
            DetectorFlowKind kind = DetectorFlowKind.All[i];
            DetectorColumns before = columns[IndexOf(kind)];
            double[] front = PartOf(DetectorFlowKind.MemberOf(i), fronts[IndexOf(kind)], before.Front, RowsOfFlow(dims));
            int count = kind.ComponentsFor(front.Length / before.Front);
            double[] uniform = new HostRandom(seed + (ulong)i, RandomPurpose.Weights, 0).Uniform(count);
            flows[i] = new DetectorFlow(
                before, kind.Noise, AffineMixture.Fit(front, before.Front, count, kind.Noise, uniform));
        }, cancel);
        return new DetectorEnsemble(columns, flows, dims);
    }

    /// <summary>The norms of rows under each flow.</summary>
    /// <param name="rows">(N, D), standardized.</param>
    /// <param name="cancel">Stops between rows.</param>
    /// <returns>(N, flows).</returns>
    public double[] Norms(double[] rows, CancellationToken cancel)
    {
        int length = rows.Length / dims;
        double[] norms = new double[length * Count];
        OwnThreads.For((length + Chunk - 1) / Chunk, chunk =>
        {
            for (int i = chunk * Chunk; i < Math.Min(length, (chunk + 1) * Chunk); i++)
            {
                DetectorRow[] seen = Apply(rows.AsSpan(i * dims, dims));
                for (int f = 0; f < Count; f++)
                {
                    norms[(i * Count) + f] = flows[f].Norm(seen[IndexOf(DetectorFlowKind.All[f])]);
                }
            }
        }, cancel);
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
        DetectorRow[] seen = Apply(row);
        for (int f = 0; f < Count; f++)
        {
            flows[f].Explain(seen[IndexOf(DetectorFlowKind.All[f])], falls);
            Doubles.AddScaled(1 / (Count * scales[f]), falls, mean);
        }

        return mean;
    }

    /// <summary>The flows as tensors of a checkpoint.</summary>
    public IEnumerable<NamedTensor> Tensors() =>
    [
        .. columns.SelectMany((part, i) => part.Tensors($"columns.{i}")),
        .. flows.SelectMany((flow, f) => flow.Tensors($"flow.{f}")),
    ];

    /// <summary>The flows of a checkpoint.</summary>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="dims">Columns, D.</param>
    /// <exception cref="FormatException">A tensor is missing, or of other sizes.</exception>
    public static DetectorEnsemble Read(DetectorTensors tensors, int dims)
    {
        DetectorColumns[] columns =
            [DetectorColumns.Read(tensors, "columns.0", dims), DetectorColumns.Read(tensors, "columns.1", dims)];
        IEnumerable<DetectorFlow> flows = DetectorFlowKind.All.Select(
            (kind, f) => DetectorFlow.Read(tensors, $"flow.{f}", columns[IndexOf(kind)]));
        return new DetectorEnsemble(columns, [.. flows], dims);
    }

    /// <summary>The most rows that a flow is fitted to.</summary>
    private static int RowsOfFlow(int dims)
    {
        double front = Math.Min(dims, PrincipalAxes.MostFront);
        return (int)Math.Min(MostRows, MostWork / (front * front));
    }

    /// <summary>The rows of a member: all, or as many as there may be, of which members share as few as they can.</summary>
    private static double[] PartOf(int member, double[] rows, int dims, int most)
    {
        int more = (rows.Length / dims) - most;
        return more <= 0 ? rows : rows.AsSpan(member * more / (DetectorFlowKind.Members - 1) * dims, most * dims).ToArray();
    }

    private static int IndexOf(DetectorFlowKind kind) => kind.IsBent ? 1 : 0;

    private DetectorRow[] Apply(ReadOnlySpan<double> row) => [columns[0].Apply(row), columns[1].Apply(row)];
}
