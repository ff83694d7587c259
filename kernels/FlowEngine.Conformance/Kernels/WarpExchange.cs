using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>What the threads of a warp tell each other.</summary>
public static partial class WarpExchange
{
    /// <summary>The numbers that a thread writes.</summary>
    public const int Results = 7;

    private const int BlockSize = 64;

    // results (threads, 7): a shuffle by mask, from above, from a lane; any, all, ballot; a shuffle of a float's bits.
    [Kernel(BlockSize)]
    private static void Exchange(ReadOnlyGlobalView<int> values, GlobalView<uint> results)
    {
        long thread = Grid.GlobalIndexX;
        int value = values[thread];
        int across = Warp.ShuffleXor(value, 5);
        int above = Warp.ShuffleDown(value, 3);
        int chosen = Warp.Shuffle(value, value & 31);
        bool any = Warp.Any(value > 1000);
        bool all = Warp.All(value > -1000);
        uint ballot = Warp.Ballot((value & 1) != 0);
        float real = Warp.ShuffleXor(value * 0.5f, 16);
        GlobalView<uint> mine = results.Slice(thread * Results);
        mine[0] = (uint)across;
        mine[1] = (uint)above;
        mine[2] = (uint)chosen;
        mine[3] = any ? 1u : 0u;
        mine[4] = all ? 1u : 0u;
        mine[5] = ballot;
        mine[6] = XMath.AsUInt32(real);
    }
}
