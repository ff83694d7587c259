using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of <see cref="PhiloxBlocks"/>.</summary>
internal static class PhiloxCases
{
    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("PhiloxBlocks.Fill", "64-bit products, a struct as argument", 0, Fill),
    ];

    private static unsafe CaseOutcome Fill(GpuDevice device, Random random)
    {
        int blocks = random.Next(1, 600);
        uint[] words = Draw.Words(random, 5);
        var stream = new PhiloxBlocks.Stream(words[0], words[1], words[2], words[3], words[4]);
        using CaseRun run = new(device);
        GpuView<uint> filled = run.Allocate<uint>(4L * blocks);
        PhiloxBlocks.Fill(
            run.Stream, LaunchGrid.Cover(blocks, PhiloxBlocks.FillKernel.BlockSize), filled, stream, blocks);
        uint[] expected = new uint[4 * blocks];
        fixed (uint* block = expected)
        {
            for (uint i = 0; i < blocks; i++)
            {
                Philox4x32.Block(
                    i, stream.Index, stream.Epoch, stream.Purpose,
                    stream.KeyLow | ((ulong)stream.KeyHigh << 32), block + (4 * i));
            }
        }

        return new($"blocks {blocks}", Draw.Doubles(expected), Draw.Doubles(run.Download(filled)));
    }
}
