using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>One update of the weights of eight steps' networks, with their moving average.</summary>
public class OptimizerBenchmarks : BandwidthBenchmarks
{
    private const string Norm = "sum of squares";
    private const int Steps = 8;

    private protected override IReadOnlyList<string> Passes { get; } =
        [.. Enum.GetValues<OptimizerKind>().Select(NameOf), Norm];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        IBackend backend = arrays.Backend;
        long length = Length(shape);
        BufferView gradients = arrays.Random(length);
        OptimizerProgress progress = new(1, arrays.Zeros(OptimizerProgress.LengthFor(1)));
        BufferView sum = progress.SumOfSquares;
        backend.SumOfSquares(gradients, sum);
        if (pass == Norm)
        {
            return new Operation(() => backend.SumOfSquares(gradients, sum), sum);
        }

        OptimizerSettings settings = new(
            Enum.GetValues<OptimizerKind>().Single(kind => NameOf(kind) == pass),
            Beta1: 0.9,
            Beta2: 0.999,
            Epsilon: 1e-8,
            WeightDecay: 0,
            Clip: 1,
            EmaDecay: 0.999);
        BufferView rate = arrays.Zeros(1);
        BufferView densities = arrays.Zeros(1);
        backend.Fill(rate, 1e-3);
        BufferView parameters = arrays.Random(length);
        BufferView moment1 = arrays.Random(length);
        BufferView moment2 = arrays.Random(length, 0.1, 1);
        BufferView average = arrays.Random(length);
        return new Operation(
            () => backend.OptimizerStep(
                settings, rate, densities, densities, progress, parameters, gradients, moment1, moment2, average),
            parameters,
            moment1,
            moment2,
            average);
    }

    // Parameters, both moments and the average in and out, the gradients in.
    private protected override Work Count(string pass, ModelShape shape) =>
        new(0, sizeof(float) * (pass == Norm ? 1.0 : 9.0) * Length(shape));

    private static long Length(ModelShape shape) => Steps * (long)NetworkArrays.WeightCount(shape);

    private static string NameOf(OptimizerKind kind) => kind.ToString().ToLowerInvariant();
}
