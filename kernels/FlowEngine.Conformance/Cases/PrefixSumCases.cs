using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of <see cref="PrefixSums"/>.</summary>
internal static class PrefixSumCases
{
    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("PrefixSums.Inclusive", "shared memory whose size the launch says", 0, Inclusive),
    ];

    private static CaseOutcome Inclusive(GpuDevice device, Random random)
    {
        int rows = random.Next(1, 5);
        int length = random.Next(1, 1000);
        int[] x = Array.ConvertAll(Draw.Words(random, rows * length), word => (int)word);
        using CaseRun run = new(device);
        GpuView<int> sums = run.Allocate<int>(x.Length);
        PrefixSums.Inclusive(
            run.Stream,
            new LaunchGrid(rows, DynamicSharedBytes: 2 * length * sizeof(int)),
            run.Upload(x),
            sums,
            length);
        double[] expected = new double[x.Length];
        for (int row = 0; row < rows; row++)
        {
            int sum = 0;
            for (int i = 0; i < length; i++)
            {
                sum = unchecked(sum + x[(row * length) + i]);
                expected[(row * length) + i] = sum;
            }
        }

        return new($"rows {rows}, length {length}", expected, Draw.Doubles(run.Download(sums)));
    }
}
