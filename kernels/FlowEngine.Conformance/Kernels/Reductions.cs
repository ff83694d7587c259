using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>Sums of rows (rows, length), one group a row.</summary>
public static partial class Reductions
{
    private const int BlockSize = 256;

    // A tree in shared memory: eight barriers.
    [Kernel(BlockSize)]
    private static void SumByShared(ReadOnlyGlobalView<float> x, GlobalView<float> sums, int length)
    {
        SharedView<float> partial = SharedMemory.Allocate<float>(BlockSize);
        partial[Group.IdxX] = PartialSum(x.Slice((long)Grid.IdxX * length), length);
        Group.Barrier();
        for (int half = BlockSize / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                partial[Group.IdxX] += partial[Group.IdxX + half];
            }

            Group.Barrier();
        }

        if (Group.IdxX == 0)
        {
            sums[Grid.IdxX] = partial[0];
        }
    }

    // Shuffles within warps, one exchange between them. Every warp does the second stage: its flow is the group's.
    [Kernel(BlockSize)]
    private static void SumByShuffle(ReadOnlyGlobalView<float> x, GlobalView<float> sums, int length)
    {
        SharedView<float> ofWarps = SharedMemory.Allocate<float>(BlockSize / Warp.Size);
        float sum = WarpSum(PartialSum(x.Slice((long)Grid.IdxX * length), length));
        if (Warp.LaneIdx == 0)
        {
            ofWarps[Warp.WarpIdx] = sum;
        }

        Group.Barrier();
        sum = WarpSum(Warp.LaneIdx < BlockSize / Warp.Size ? ofWarps[Warp.LaneIdx] : 0.0f);
        if (Group.IdxX == 0)
        {
            sums[Grid.IdxX] = sum;
        }
    }

    private static float PartialSum(ReadOnlyGlobalView<float> row, int length)
    {
        float sum = 0.0f;
        for (int i = Group.IdxX; i < length; i += BlockSize)
        {
            sum += row[i];
        }

        return sum;
    }

    private static float WarpSum(float value)
    {
        for (int mask = Warp.Size / 2; mask > 0; mask /= 2)
        {
            value += Warp.ShuffleXor(value, mask);
        }

        return value;
    }
}
