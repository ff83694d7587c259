using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Ranks;
using FlowEngine.Tensors;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>Sums of parts that are under way together.</summary>
public sealed class PartialSumsTests
{
    private const int Length = 70_001;

    private static readonly Range[] _parts = [60_000..Length, 59_983..60_000, 59_982..59_983, 0..1, 1..59_982];

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Parts_have_the_bits_of_the_whole_tree(int size) => Sums(size, isTree: true, (rank, values) => rank.SumAsTree(values));

    [Fact]
    public void Parts_are_summed_in_the_order_of_the_communicator() =>
        Sums(4, isTree: false, (rank, values) => rank.AllReduce(values));

    [Fact]
    public void A_rank_sends_no_more_than_for_the_whole()
    {
        foreach (long sent in ThreadRank.Run(4, rank =>
        {
            Sum(rank, new CpuBackend(1), isTree: true);
            return rank.SentBytes;
        }))
        {
            // In each of two turns 2 (1 - 1/4) of the values, and halves that are not cut within a cache line.
            Assert.InRange(sent, 0, 2 * ((6L * Length) + (4 * 2 * 2 * 16 * _parts.Length)));
        }
    }

    private static void Sums(int size, bool isTree, Action<ThreadRank, float[]> whole)
    {
        float[][] expected = ThreadRank.Run(size, rank =>
        {
            float[] values = Values(rank);
            whole(rank, values);
            return values;
        });
        Assert.Equal(expected, ThreadRank.Run(size, rank => Sum(rank, new CpuBackend(1), isTree)));
    }

    private static float[] Sum(ThreadRank rank, CpuBackend backend, bool isTree)
    {
        using CpuBackend own = backend;
        using DeviceBuffer buffer = own.Allocate(Length);
        Span<float> values = own.InPlace(buffer.View);
        using PartialSums sums = new(rank, values, _parts, isTree);

        // Twice: what was summed before leaves nothing behind.
        for (int turn = 0; turn < 2; turn++)
        {
            values.Clear();
            float[] given = Values(rank);
            for (int i = 0; i < _parts.Length; i++)
            {
                given.AsSpan(_parts[i]).CopyTo(values[_parts[i]]);
                sums.Begin();
                for (int polls = 0; polls < rank.Rank; polls++)
                {
                    sums.Poll();
                }
            }

            sums.Finish();
        }

        return values.ToArray();
    }

    private static float[] Values(ThreadRank rank) => Array.ConvertAll(
        new HostRandom((ulong)rank.Rank, RandomPurpose.TrainingNoise, 0).Normal(Length), value => (float)value);
}
