using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.Kernels;

/// <summary>
/// Kernels with a planted fault each. The line of the fault is the one that says so; of a race between two lines the one
/// that comes second in the order of threads.
/// </summary>
internal static partial class FaultyKernels
{
    private const int BlockSize = 64;

    // The last group writes past the end.
    [Kernel(BlockSize)]
    private static void OutOfRange(GlobalView<float> y, int length)
    {
        int i = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (i <= length)
        {
            y[i] = 1.0f; // fault: out of range
        }
    }

    [Kernel(BlockSize)]
    private static void NegativeIndex(ReadOnlyGlobalView<float> x, GlobalView<float> y)
    {
        y[Group.IdxX] = x[Group.IdxX - 1]; // fault: out of range
    }

    // A neighbor's element is read with no barrier after it was written.
    [Kernel(BlockSize)]
    private static void MissingBarrier(GlobalView<float> y)
    {
        SharedView<float> tile = SharedMemory.Allocate<float>(BlockSize);
        tile[Group.IdxX] = Group.IdxX;
        y[Group.IdxX] = tile[BlockSize - 1 - Group.IdxX]; // fault: race or never written
    }

    // The second barrier of the loop is missing: a fast thread overwrites what a slow one has not read.
    [Kernel(BlockSize)]
    private static void MissingSecondBarrier(GlobalView<float> y)
    {
        SharedView<float> tile = SharedMemory.Allocate<float>(BlockSize);
        float sum = 0.0f;
        for (int step = 0; step < 4; step++)
        {
            tile[Group.IdxX] = Group.IdxX + step; // fault: race
            Group.Barrier();
            sum += tile[(Group.IdxX + 40) % BlockSize]; // fault: race
        }

        y[Group.IdxX] = sum;
    }

    // Two groups write the same element of device memory.
    [Kernel(BlockSize)]
    private static void GroupsRace(GlobalView<float> y)
    {
        if (Group.IdxX == 0)
        {
            y[0] = Grid.IdxX; // fault: race
        }
    }

    // Not portable, or the compiler would not let it pass.
    [Kernel(BlockSize, Portable = false)]
    private static void DivergentBarrier(GlobalView<float> y)
    {
        if (Group.IdxX < 32)
        {
            Group.Barrier(); // fault: divergent
        }

        y[Group.IdxX] = 1.0f;
    }

    [Kernel(BlockSize, Portable = false)]
    private static void DivergentShuffle(GlobalView<int> y)
    {
        int value = Group.IdxX;
        if (Warp.LaneIdx < 16)
        {
            value = Warp.ShuffleXor(value, 1); // fault: divergent
        }

        y[Group.IdxX] = value;
    }

    [Kernel(BlockSize)]
    private static void ReadsUnset(GlobalView<float> y)
    {
        SharedView<float> tile = SharedMemory.Allocate<float>(2 * BlockSize);
        tile[Group.IdxX] = 1.0f;
        Group.Barrier();
        y[Group.IdxX] = tile[Group.IdxX + 1]; // fault: never written
    }

    [Kernel(BlockSize)]
    private static void ReadsUnsetLocal(GlobalView<float> y)
    {
        var values = new LocalArray<float>(4);
        values[0] = 1.0f;
        y[Group.IdxX] = values[1]; // fault: never written
    }

    [Kernel(BlockSize)]
    private static void ForgetsToWait(ReadOnlyGlobalView<float> x, GlobalView<float> y)
    {
        SharedView<float> tile = SharedMemory.Allocate<float>(4 * BlockSize);
        Async.Copy16(tile.Slice(4 * Group.IdxX), x.Slice(4 * Group.IdxX));
        Async.Commit();
        Group.Barrier();
        y[Group.IdxX] = tile[4 * Group.IdxX]; // fault: asynchronous copy
    }

    // Each thread has waited for its own copy, but not for its neighbor's.
    [Kernel(BlockSize)]
    private static void WaitsAlone(ReadOnlyGlobalView<float> x, GlobalView<float> y)
    {
        SharedView<float> tile = SharedMemory.Allocate<float>(4 * BlockSize);
        Async.Copy16(tile.Slice(4 * Group.IdxX), x.Slice(4 * Group.IdxX));
        Async.Commit();
        Async.Wait(0);
        y[Group.IdxX] = tile[4 * (BlockSize - 1 - Group.IdxX)]; // fault: race or asynchronous copy or never written
    }

    [Kernel(BlockSize)]
    private static void Misaligned(ReadOnlyGlobalView<float> x, GlobalView<float> y)
    {
        Float4 four = x.Load4(Group.IdxX + 1); // fault: not aligned
        y[Group.IdxX] = four.X;
    }
}
