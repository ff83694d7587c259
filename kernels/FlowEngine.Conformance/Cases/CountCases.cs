using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of <see cref="Counts"/>.</summary>
internal static class CountCases
{
    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("Counts.Count", "atomic add, min and max in shared and device memory", 0, Count),
        new("Counts.Product", "compare and exchange", 0, Product),
    ];

    private static CaseOutcome Count(GpuDevice device, Random random)
    {
        int length = random.Next(1, 4000);
        uint[] values = Draw.Words(random, length);
        float[] weights = Draw.Integers(random, length, 50);
        using CaseRun run = new(device);
        GpuView<uint> counts = run.Upload(new uint[Counts.Classes]);
        GpuView<float> sums = run.Upload(new float[Counts.Classes]);
        GpuView<uint> extremes = run.Upload<uint>([uint.MaxValue, 0]);
        Counts.Count(
            run.Stream,
            LaunchGrid.Cover(length, Counts.CountKernel.BlockSize),
            run.Upload(values),
            run.Upload(weights),
            counts,
            sums,
            extremes,
            length);
        double[] expected = new double[(2 * Counts.Classes) + 2];
        for (int i = 0; i < length; i++)
        {
            expected[values[i] % Counts.Classes]++;
            expected[Counts.Classes + (values[i] % Counts.Classes)] += weights[i];
        }

        expected[^2] = values.Min();
        expected[^1] = values.Max();
        return new(
            $"length {length}",
            expected,
            [.. Draw.Doubles(run.Download(counts)), .. Draw.Doubles(run.Download(sums)), .. Draw.Doubles(run.Download(extremes))]);
    }

    private static CaseOutcome Product(GpuDevice device, Random random)
    {
        int length = random.Next(1, 700);
        uint[] values = Draw.Words(random, length);
        using CaseRun run = new(device);
        GpuView<uint> product = run.Upload<uint>([1]);
        uint expected = 1;
        for (int i = 0; i < length; i++)
        {
            // An odd factor keeps every bit in play.
            values[i] |= 1;
            expected *= values[i];
        }

        Counts.Product(
            run.Stream,
            LaunchGrid.Cover(length, Counts.ProductKernel.BlockSize),
            run.Upload(values),
            product,
            length);
        return new($"length {length}", [expected], Draw.Doubles(run.Download(product)));
    }
}
