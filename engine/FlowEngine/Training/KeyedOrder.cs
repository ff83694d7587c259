using System.Numerics;

using FlowEngine.Tensors;

namespace FlowEngine.Training;

/// <summary>A random order of any number of samples that takes no memory: a permutation under a key.</summary>
/// <remarks>
/// A Feistel network over the numbers of 2k bits, the fewest that hold the count, whose rounds mix a half by SplitMix64; a
/// number beyond the count is mapped again until it is below it, at most four times on average.
/// </remarks>
internal readonly struct KeyedOrder
{
    private const int Rounds = 8;

    private readonly ulong _count;
    private readonly ulong _seed;
    private readonly ulong _mask;
    private readonly int _halfBits;

    /// <param name="count">How many samples, at least 1.</param>
    /// <param name="seed">The key.</param>
    /// <param name="epoch">Another order of the same key.</param>
    public KeyedOrder(int count, ulong seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int bits = 64 - BitOperations.LeadingZeroCount((ulong)count - 1);
        _count = (ulong)count;
        _halfBits = Math.Max(1, (bits + 1) / 2);
        _mask = (1UL << _halfBits) - 1;
        _seed = SplitMix64.At(seed, (ulong)epoch);
    }

    /// <summary>The sample at a place of the order.</summary>
    /// <param name="place">0 to count - 1.</param>
    public int this[int place]
    {
        get
        {
            ulong number = (ulong)place;
            do
            {
                number = Permute(number);
            }
            while (number >= _count);
            return (int)number;
        }
    }

    private ulong Permute(ulong number)
    {
        (ulong left, ulong right) = (number >> _halfBits, number & _mask);
        for (ulong round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (SplitMix64.At(_seed, (right * Rounds) + round) & _mask));
        }

        return (left << _halfBits) | right;
    }
}
