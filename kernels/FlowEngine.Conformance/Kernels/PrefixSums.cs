using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>Running sums of rows (rows, length) in shared memory whose size the launch says.</summary>
public static partial class PrefixSums
{
    private const int BlockSize = 128;

    // Two copies of the row; each pass adds the element a power of two before.
    [Kernel(BlockSize)]
    private static void Inclusive(ReadOnlyGlobalView<int> x, GlobalView<int> sums, int length)
    {
        SharedView<int> rows = SharedMemory.GetDynamic<int>();
        long row = (long)Grid.IdxX * length;
        for (int i = Group.IdxX; i < length; i += BlockSize)
        {
            rows[i] = x[row + i];
        }

        Group.Barrier();
        int from = 0;
        for (int distance = 1; distance < length; distance *= 2)
        {
            for (int i = Group.IdxX; i < length; i += BlockSize)
            {
                int before = i >= distance ? rows[from + i - distance] : 0;
                rows[length - from + i] = rows[from + i] + before;
            }

            from = length - from;
            Group.Barrier();
        }

        for (int i = Group.IdxX; i < length; i += BlockSize)
        {
            sums[row + i] = rows[from + i];
        }
    }
}
