using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of <see cref="WarpExchange"/>.</summary>
internal static class WarpExchangeCases
{
    private const int WarpSize = 32;

    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("WarpExchange.Exchange", "shuffles and votes", 0, Exchange),
    ];

    private static CaseOutcome Exchange(GpuDevice device, Random random)
    {
        int groups = random.Next(1, 5);
        int threads = groups * WarpExchange.ExchangeKernel.BlockSize;
        int limit = random.Next(1, 4) * 600;
        int[] values = new int[threads];
        for (int i = 0; i < threads; i++)
        {
            values[i] = random.Next(-limit, limit);
        }

        using CaseRun run = new(device);
        GpuView<uint> results = run.Allocate<uint>((long)threads * WarpExchange.Results);
        WarpExchange.Exchange(run.Stream, new LaunchGrid(groups), run.Upload(values), results);
        uint[] expected = new uint[threads * WarpExchange.Results];
        for (int i = 0; i < threads; i++)
        {
            int lane = i % WarpSize;
            ReadOnlySpan<int> warp = values.AsSpan(i - lane, WarpSize);
            uint ballot = 0;
            bool any = false;
            bool all = true;
            for (int j = 0; j < WarpSize; j++)
            {
                ballot |= (warp[j] & 1) != 0 ? 1u << j : 0;
                any |= warp[j] > 1000;
                all &= warp[j] > -1000;
            }

            Span<uint> mine = expected.AsSpan(i * WarpExchange.Results, WarpExchange.Results);
            mine[0] = (uint)warp[lane ^ 5];
            mine[1] = (uint)warp[lane + 3 < WarpSize ? lane + 3 : lane];
            mine[2] = (uint)warp[values[i] & 31];
            mine[3] = any ? 1u : 0;
            mine[4] = all ? 1u : 0;
            mine[5] = ballot;
            mine[6] = BitConverter.SingleToUInt32Bits(warp[lane ^ 16] * 0.5f);
        }

        return new($"groups {groups}, values below {limit}", Draw.Doubles(expected), Draw.Doubles(run.Download(results)));
    }
}
