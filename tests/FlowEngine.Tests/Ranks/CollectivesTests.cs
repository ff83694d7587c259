using System.Runtime.InteropServices;
using FlowEngine.Ranks;
using FlowEngine.Tensors;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>What ranks do together.</summary>
public sealed class CollectivesTests
{
    public static TheoryData<int> Sizes { get; } = [1, 2, 4, 8];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_sum_is_that_of_a_binary_tree_at_every_length(int size)
    {
        foreach (int length in (int[])[0, 1, 5, 16, 17, 33, 64, 127, 300, 70_001, 140_000])
        {
            float[][] own = [.. Enumerable.Range(0, size).Select(rank => Values(rank, length))];
            float[] expected = Tree(own);
            foreach (float[] sum in ThreadRank.Run(size, rank =>
            {
                float[] values = [.. own[rank.Rank]];
                rank.SumAsTree(values);
                return values;
            }))
            {
                Assert.Equal(expected, sum);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_broadcast_comes_from_any_rank(int size) => Assert.All(Enumerable.Range(0, size), root => Assert.All(
        ThreadRank.Run(size, rank =>
        {
            long[] values = [rank.Rank, 100 + rank.Rank];
            rank.Broadcast(MemoryMarshal.AsBytes(values.AsSpan()), root);
            return values;
        }),
        values => Assert.Equal([root, 100 + root], values)));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void What_is_gathered_is_in_the_order_of_ranks(int size) => Assert.All(
        ThreadRank.Run(size, rank =>
        {
            int[] all = new int[size];
            rank.Gather<int>(rank.Rank * 10, all);
            return all;
        }),
        all => Assert.Equal(Enumerable.Range(0, size).Select(i => i * 10), all));

    private static float[] Values(int rank, int length) =>
        Array.ConvertAll(new HostRandom((ulong)rank, RandomPurpose.TrainingNoise, 0).Normal(length), value => (float)value);

    private static float[] Tree(float[][] own) => own.Length == 1
        ? own[0]
        : [.. Tree(own[..(own.Length / 2)]).Zip(Tree(own[(own.Length / 2)..]), (a, b) => a + b)];
}
