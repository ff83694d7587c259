using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Kernels whose threads wait for each other.</summary>
internal static partial class ReductionKernels
{
    private const int Threads = 128;

    [Kernel(Threads)]
    private static void TreeSum(ReadOnlyGlobalView<float> x, GlobalView<float> sums, int length)
    {
        SharedView<float> tile = SharedMemory.Allocate<float>(Threads);
        int thread = Group.IdxX;
        long i = Grid.GlobalIndexX;
        tile[thread] = i < length ? x[i] : 0;
        Group.Barrier();
        for (int stride = Threads / 2; stride > 0; stride >>= 1)
        {
            if (thread < stride)
            {
                tile[thread] += tile[thread + stride];
            }

            Group.Barrier();
        }

        if (thread == 0)
        {
            sums[Grid.IdxX] = tile[0];
        }
    }

    [Kernel(Threads)]
    private static void ShuffleSum(ReadOnlyGlobalView<float> x, GlobalView<float> sums, int length)
    {
        SharedView<float> warps = SharedMemory.Allocate<float>(Threads / Warp.Size);
        long i = Grid.GlobalIndexX;
        float value = 0;
        if (i < length)
        {
            value = x[i];
        }

        float sum = WarpSum(value);
        if (Warp.LaneIdx == 0)
        {
            warps[Warp.WarpIdx] = sum;
        }

        Group.Barrier();
        float total = WarpSum(Warp.LaneIdx < Threads / Warp.Size ? warps[Warp.LaneIdx] : 0) + WarpReduction.Zero();
        if (Group.IdxX == 0)
        {
            sums[Grid.IdxX] = total;
        }
    }

    [Kernel(64)]
    private static void Largest(ReadOnlyGlobalView<int> x, GlobalView<int> largest, int rounds)
    {
        SharedView<int> all = SharedMemory.GetDynamic<int>();
        int best = int.MinValue;
        int round = 0;
        do
        {
            int value = x[((long)round * 64) + Group.IdxX];
            all[Group.IdxX] = WarpReduction.Max(value);
            Group.Barrier();
            int other = all[Group.IdxX ^ 32];
            best = XMath.Max(best, XMath.Max(value, other));
            Group.Barrier();
            if (round == rounds)
            {
                break;
            }

            round++;
        }
        while (round < rounds);

        Publish(largest, best);
    }

    private static float WarpSum(float value)
    {
        for (int mask = Warp.Size / 2; mask > 0; mask /= 2)
        {
            Loop.Unroll();
            value += Warp.ShuffleXor(value, mask);
        }

        return value;
    }

    private static void Publish(GlobalView<int> largest, int best)
    {
        int whole = WarpReduction.Max(best);
        bool any = Warp.Any(whole > 0), all = Warp.All(any);
        uint lanes = Warp.Ballot(all);
        if (Warp.LaneIdx == 0)
        {
            Atomic.Max(largest, 0, whole);
            largest[1 + Warp.WarpIdx] = (int)lanes;
        }
    }
}
