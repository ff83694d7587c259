using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>The learning rate over a run.</summary>
public sealed class LearningRateTests
{
    [Fact]
    public void A_cosine_falls_from_the_rate_to_the_final_one_after_the_warm_up()
    {
        TrainerOptions options = new()
        {
            Rate = 0.1,
            FinalRate = 0.02,
            Schedule = Schedule.Cosine,
            WarmupSamples = 100,
            TotalSamples = 1000,
        };
        Assert.Equal(0.06, options.RateAt(500), 12);
        Assert.Equal(0.02, options.RateAt(1000), 12);
        Assert.Equal(0.02, options.RateAt(5000), 12);
        Assert.Equal(0.5 * (options with { WarmupSamples = 0 }).RateAt(50), options.RateAt(50), 12);
        Assert.Equal(0.05, (options with { FinalRate = 0 }).RateAt(500), 12);
        Assert.Equal(0.1, (options with { Schedule = Schedule.Constant }).RateAt(1000), 12);
        Assert.Throws<FlowException>((options with { FinalRate = -1 }).Validate);
    }

    [Fact]
    public void A_cooldown_stays_for_three_quarters_and_falls_to_the_final_rate()
    {
        TrainerOptions options = new() { Batch = 50, Rate = 0.1, FinalRate = 0.02, WarmupSamples = 0, TotalSamples = 1000 };
        Assert.Equal(Schedule.Cooldown, options.Schedule);
        Assert.Equal(0.1, options.RateAt(1), 12);
        Assert.Equal(0.1, options.RateAt(800), 12);
        Assert.Equal(0.06, options.RateAt(925), 12);
        Assert.Equal(0.036, options.RateAt(1000), 12);
        Assert.Equal(0.1, (options with { Batch = 1000 }).RateAt(1000), 12);
        Assert.Equal(0.02, options.RateAt(5000), 12);
        Assert.Equal(0.1, new TrainerOptions { Rate = 0.1, WarmupSamples = 0 }.RateAt(1L << 40), 12);
    }

    [Theory]
    [InlineData(64, long.MaxValue, 6_400)]
    [InlineData(256, 1_000_000, 25_600)]
    [InlineData(64, 5_952, 640)]
    [InlineData(64, 20_000, 2_000)]
    [InlineData(53, 530, 530)]
    public void A_warm_up_is_100_updates_and_of_a_short_run_a_tenth(int batch, long total, long expected) =>
        Assert.Equal(expected, new TrainerOptions { Batch = batch, TotalSamples = total }.Warmup);
}
