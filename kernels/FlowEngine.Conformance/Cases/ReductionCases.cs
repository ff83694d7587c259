using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of <see cref="Reductions"/>.</summary>
internal static class ReductionCases
{
    private delegate void Launcher(
        GpuStream stream, LaunchGrid grid, GpuView<float> x, GpuView<float> sums, int length);

    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("Reductions.SumByShared", "shared memory, barriers in a uniform loop", 1e-4,
            (device, random) => Sum(device, random, Reductions.SumByShared)),
        new("Reductions.SumByShuffle", "shuffles in a device function", 1e-4,
            (device, random) => Sum(device, random, Reductions.SumByShuffle)),
    ];

    private static CaseOutcome Sum(GpuDevice device, Random random, Launcher launch)
    {
        int rows = random.Next(1, 6);
        int length = random.Next(1, 3000);
        float[] x = Draw.Normals(random, rows * length);
        using CaseRun run = new(device);
        GpuView<float> sums = run.Allocate<float>(rows);
        launch(run.Stream, new LaunchGrid(rows), run.Upload(x), sums, length);
        double[] expected = new double[rows];
        for (int i = 0; i < x.Length; i++)
        {
            expected[i / length] += x[i];
        }

        return new($"rows {rows}, length {length}", expected, Draw.Doubles(run.Download(sums)));
    }
}
