using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>Counts and sums by atomic changes.</summary>
public static partial class Counts
{
    /// <summary>The classes that are counted.</summary>
    public const int Classes = 64;

    private const int BlockSize = 256;

    // counts[c] += how many values mod 64 are c; sums[c] += weights, which are whole numbers so that any order is exact;
    // extremes = the least and the greatest value.
    [Kernel(BlockSize)]
    private static void Count(
        ReadOnlyGlobalView<uint> values,
        ReadOnlyGlobalView<float> weights,
        GlobalView<uint> counts,
        GlobalView<float> sums,
        GlobalView<uint> extremes,
        int length)
    {
        SharedView<uint> ofGroup = SharedMemory.Allocate<uint>(Classes);
        SharedView<float> sumOfGroup = SharedMemory.Allocate<float>(Classes);
        for (int i = Group.IdxX; i < Classes; i += BlockSize)
        {
            ofGroup[i] = 0;
            sumOfGroup[i] = 0.0f;
        }

        Group.Barrier();
        long place = Grid.GlobalIndexX;
        if (place < length)
        {
            uint value = values[place];
            Atomic.Add(ofGroup, value % Classes, 1u);
            Atomic.Add(sumOfGroup, value % Classes, weights[place]);
            Atomic.Min(extremes, 0, value);
            Atomic.Max(extremes, 1, value);
        }

        Group.Barrier();
        for (int i = Group.IdxX; i < Classes; i += BlockSize)
        {
            Atomic.Add(counts, i, ofGroup[i]);
            Atomic.Add(sums, i, sumOfGroup[i]);
        }
    }

    // The product of all values modulo 2³², by compare and exchange.
    [Kernel(BlockSize)]
    private static void Product(ReadOnlyGlobalView<uint> values, GlobalView<uint> product, int length)
    {
        long place = Grid.GlobalIndexX;
        if (place >= length)
        {
            return;
        }

        uint factor = values[place];
        uint expected = 1;
        bool done = false;
        while (!done)
        {
            uint old = Atomic.CompareExchange(product, 0, expected, expected * factor);
            done = old == expected;
            expected = old;
        }
    }
}
