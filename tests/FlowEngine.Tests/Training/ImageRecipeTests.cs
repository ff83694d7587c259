using FlowEngine.Architecture;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

public sealed class ImageRecipeTests
{
    [Theory]
    [InlineData(8, 3e-3, 16)]
    [InlineData(9, 1e-3, 64)]
    public void A_Glow_of_few_steps_learns_faster(int steps, double rate, int batch)
    {
        DataShape shape = new(32, 32, 3, 256);
        IModelOptions glow = GlowOptions.Description.Create(shape, [new("steps", steps)]);
        TrainerOptions training = ImageRecipe.Of(TrainerOptions.Default(isContinuous: false), glow);
        Assert.Equal(rate, training.Rate);
        Assert.Equal(batch, training.Batch);
    }

    [Fact]
    public void Other_models_keep_their_defaults()
    {
        IModelOptions model = RealNvpOptions.Description.Defaults(new DataShape(32, 32, 3, 256));
        TrainerOptions training = TrainerOptions.Default(isContinuous: false);
        Assert.Equal(training, ImageRecipe.Of(training, model));
    }
}
