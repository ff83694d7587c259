using System.Numerics;
using System.Runtime.InteropServices;

namespace FlowEngine.Ranks;

/// <summary>What all ranks do together, of nothing but exchanges between two.</summary>
internal static class Collectives
{
    // A piece is summed while it is in the cache.
    private const int PieceLength = 1 << 16;

    // A cache line.
    private const int Grain = 16;

    [ThreadStatic]
    private static float[]? _piece;

    /// <param name="ranks">The ranks.</param>
    extension(ICommunicator ranks)
    {
        /// <summary>
        /// Sums over all ranks as one binary tree: ((0 + 1) + (2 + 3)) + ... Each rank sums a part, and then has the others'.
        /// </summary>
        /// <remarks>
        /// Halves of halves are exchanged with the neighbor first, then with ever farther ranks, and come back the other way: each
        /// rank sends and receives 2 (1 - 1/R) times the values, the least there is. a + b has the bits of b + a.
        /// </remarks>
        /// <param name="values">As many on all ranks; overwritten.</param>
        public void SumAsTree(Span<float> values)
        {
            int levels = BitOperations.Log2((uint)ranks.Size);
            Span<Range> kept = stackalloc Range[levels];
            Span<Range> given = stackalloc Range[levels];
            Range part = 0..values.Length;
            for (int level = 0; level < levels; level++)
            {
                (kept[level], given[level]) = Halves(ranks.Rank, level, part);
                ranks.AddPartner(ranks.Rank ^ (1 << level), values[given[level]], values[kept[level]]);
                part = kept[level];
            }

            for (int level = levels - 1; level >= 0; level--)
            {
                ranks.SendReceive(
                    ranks.Rank ^ (1 << level),
                    MemoryMarshal.AsBytes(values[kept[level]]),
                    MemoryMarshal.AsBytes(values[given[level]]));
            }
        }

        /// <summary>Everybody gets what one rank has.</summary>
        /// <param name="values">As many on all ranks; overwritten but on the root.</param>
        /// <param name="root">Whose values they are.</param>
        public void Broadcast(Span<byte> values, int root = 0)
        {
            int place = ranks.Rank ^ root;
            for (int bit = 1; bit < ranks.Size; bit <<= 1)
            {
                if (place < bit)
                {
                    ranks.SendReceive(ranks.Rank ^ bit, values, []);
                }
                else if (place < 2 * bit)
                {
                    ranks.SendReceive(ranks.Rank ^ bit, [], values);
                }
            }
        }

        /// <summary>What each rank has, in their order, on all of them.</summary>
        /// <param name="own">This rank's.</param>
        /// <param name="all">One for each rank, overwritten.</param>
        public void Gather<T>(T own, Span<T> all)
            where T : unmanaged
        {
            all[ranks.Rank] = own;
            for (int bit = 1; bit < ranks.Size; bit <<= 1)
            {
                int first = ranks.Rank & ~(bit - 1);
                ranks.SendReceive(
                    ranks.Rank ^ bit,
                    MemoryMarshal.AsBytes(all.Slice(first, bit)),
                    MemoryMarshal.AsBytes(all.Slice(first ^ bit, bit)));
            }
        }

        /// <summary>values += the partner's, piece by piece, while it gets what it is to sum.</summary>
        private void AddPartner(int partner, ReadOnlySpan<float> given, Span<float> values)
        {
            float[] piece = _piece ??= GC.AllocateUninitializedArray<float>(PieceLength, pinned: true);
            for (int i = 0; i < Math.Max(given.Length, values.Length); i += PieceLength)
            {
                Span<float> sums = Piece(values, i);
                Span<float> received = piece.AsSpan(0, sums.Length);
                ranks.SendReceive(
                    partner, MemoryMarshal.AsBytes(Piece(given, i)), MemoryMarshal.AsBytes(received));
                Add(received, sums);
            }
        }
    }

    /// <summary>Of a part, the half that a rank sums with its partner at a height of the tree, and the half that the partner does.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="level">The height, from 0.</param>
    /// <param name="part">What both have summed up to there.</param>
    internal static (Range Kept, Range Given) Halves(int rank, int level, Range part)
    {
        (int start, int end) = (part.Start.Value, part.End.Value);
        int middle = start + ((end - start) / 2 / Grain * Grain);
        return (rank >> level & 1) == 0 ? (start..middle, middle..end) : (middle..end, start..middle);
    }

    /// <summary>sum += addend.</summary>
    internal static void Add(ReadOnlySpan<float> addend, Span<float> sum)
    {
        int i = 0;
        for (; i <= sum.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(sum[i..]) + new Vector<float>(addend[i..])).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++)
        {
            sum[i] += addend[i];
        }
    }

    private static Span<float> Piece(Span<float> values, int start) =>
        start < values.Length ? values.Slice(start, Math.Min(PieceLength, values.Length - start)) : [];

    private static ReadOnlySpan<float> Piece(ReadOnlySpan<float> values, int start) =>
        start < values.Length ? values.Slice(start, Math.Min(PieceLength, values.Length - start)) : [];
}
