using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>How much of a run goes into judging it.</summary>
public sealed class RunDataTests
{
    [Theory]
    [InlineData(false, 5_000, 250)]
    [InlineData(true, 5_000, 1_250)]
    [InlineData(false, 1_000_000, 1_000)]
    [InlineData(true, 1_000_000, 10_000)]
    public void A_short_run_is_judged_by_few_images(bool final, long seen, int count)
    {
        ImageDataset images = new("images", 1, 1, 1, 256, [.. Enumerable.Range(0, 12_000).Select(i => new[] { (byte)i })]);
        Assert.Equal(count, new RunData(images, images).EvaluationCount(final, seen));
        Assert.Equal(100, new RunData(images, images.Take(100)).EvaluationCount(final, seen));
    }

    [Fact]
    public void Memory_is_told_by_its_sum_and_its_largest_parts()
    {
        Assert.Equal("2.0 KiB (a 1.0 KiB, b 512 B, c 256 B, ...)", MemoryText.Describe([("a", 1024), ("b", 512), ("c", 256), ("d", 256)]));
        Assert.Equal("1.5 KiB (a 1.0 KiB, b 512 B)", MemoryText.Describe([("a", 1024), ("b", 512)]));
    }
}
