using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of <see cref="WideIndices"/>.</summary>
internal static class WideIndexCases
{
    private const long Length = (1L << 31) + 100_000;

    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("WideIndices.Mark", "indices past 2³¹", 0, Mark) { EmulatorOnly = true },
    ];

    // The system gives the emulator's memory page by page as it is touched.
    private static CaseOutcome Mark(GpuDevice device, Random random)
    {
        int count = random.Next(1, 200);
        long stride = random.NextInt64(1, (1L << 31) / 200);
        long start = Length - 1 - ((count - 1) * stride);
        using CaseRun run = new(device);
        GpuView<byte> marks = run.Allocate<byte>(Length);
        GpuView<uint> back = run.Allocate<uint>(count);
        WideIndices.Mark(
            run.Stream,
            LaunchGrid.Cover(count, WideIndices.MarkKernel.BlockSize),
            marks,
            back,
            start,
            stride,
            count);
        double[] expected = new double[2 * count];
        double[] actual = new double[2 * count];
        uint[] read = run.Download(back);
        for (int i = 0; i < count; i++)
        {
            long place = start + (i * stride);
            expected[i] = (byte)(i + 1);
            actual[i] = run.Download(marks.Slice(place, 1))[0];
            expected[count + i] = (byte)(i + 1) + (uint)((place >> 31) << 8);
            actual[count + i] = read[i];
        }

        return new($"count {count}, from {start} by {stride}", expected, actual);
    }
}
