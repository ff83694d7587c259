using FlowEngine.Architecture;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

public sealed class ImageRecipeTests
{
    [Theory]
    [InlineData(8, 3e-3)]
    [InlineData(9, 1e-3)]
    public void A_Glow_of_few_steps_learns_faster(int steps, double rate)
    {
        DataShape shape = new(32, 32, 3, 256);
        IModelOptions glow = GlowOptions.Description.Create(shape, [new("steps", steps)]);
        Assert.Equal(rate, ImageRecipe.Of(TrainerOptions.Default(isContinuous: false), glow).Rate);
    }

    [Fact]
    public void Other_models_keep_their_rate()
    {
        IModelOptions model = RealNvpOptions.Description.Defaults(new DataShape(32, 32, 3, 256));
        TrainerOptions training = TrainerOptions.Default(isContinuous: false);
        Assert.Equal(training, ImageRecipe.Of(training, model));
    }
}
