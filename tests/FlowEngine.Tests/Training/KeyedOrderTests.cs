using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Training;

public sealed class KeyedOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(1024)]
    [InlineData(65_537)]
    public void Every_sample_comes_once(int count)
    {
        KeyedOrder order = new(count, seed: 5, epoch: 3);
        Assert.Equal(Enumerable.Range(0, count), Enumerable.Range(0, count).Select(place => order[place]).Order());
    }

    [Fact]
    public void Orders_are_of_seed_and_epoch_and_stay_as_they_are()
    {
        int[] Of(ulong seed, int epoch) => [.. Enumerable.Range(0, 1000).Select(place => new KeyedOrder(1000, seed, epoch)[place])];
        Assert.Equal(Of(1, 2), Of(1, 2));
        Assert.NotEqual(Of(1, 2), Of(1, 3));
        Assert.NotEqual(Of(1, 2), Of(2, 2));

        // Resumed runs depend on it.
        Assert.Equal([181], Of(0, 0)[..1]);
    }

    [Fact]
    public void Places_and_samples_are_independent()
    {
        const int Count = 100_000;
        KeyedOrder order = new(Count, seed: 11, epoch: 0);
        double sum = 0;
        int ascents = 0;
        for (int place = 0; place < Count; place++)
        {
            sum += (place - ((Count - 1) / 2.0)) * (order[place] - ((Count - 1) / 2.0));
            ascents += place > 0 && order[place] > order[place - 1] ? 1 : 0;
        }

        // Of a random permutation the correlation has a deviation of 1/sqrt(n), the ascents of sqrt(n/12).
        double correlation = sum / (Count * (((double)Count * Count) - 1) / 12);
        Assert.True(Math.Abs(correlation) <= 4 / Math.Sqrt(Count), $"{correlation}");
        Assert.True(Math.Abs(ascents - ((Count - 1) / 2.0)) <= 4 * Math.Sqrt(Count / 12.0), $"{ascents}");
    }
}
