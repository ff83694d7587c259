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
}
