using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

public sealed class TableRecipeTests
{
    [Fact]
    public void More_rows_get_a_larger_model_larger_batches_and_more_updates_within_bounds()
    {
        (int Hidden, int Batch, long Updates)[] sizes =
        [
            .. new[] { 1, 40, 500, 5_000, 50_000, 500_000, 50_000_000 }.Select(rows =>
            {
                TableRecipe recipe = new(rows, rows / 8);
                var model = (AutoregressiveOptions)recipe.Sized(AutoregressiveOptions.MafDescription.Defaults(new DataShape(1, 1, 20, null)));
                model.Validate();
                RunLimits limits = recipe.Limits(recipe.Batch);
                limits.Validate();
                Assert.Equal(0, limits.Epochs % limits.EvaluateEvery);
                Assert.Equal(0, limits.Patience % limits.EvaluateEvery);
                long updatesPerEpoch = Math.Max(1, rows / recipe.Batch);
                return (model.Hidden, recipe.Batch, limits.Epochs!.Value * updatesPerEpoch);
            }),
        ];
        Assert.Equal([64, 64, 64, 256, 256, 256, 256], sizes.Select(size => size.Hidden));
        Assert.Equal([32, 32, 32, 128, 256, 256, 256], sizes.Select(size => size.Batch));
        Assert.All(sizes[..^1], size => Assert.InRange(size.Updates, 900, 21_000));
    }

    [Theory]
    [InlineData(2, Mixing.Lu)]
    [InlineData(128, Mixing.Lu)]
    [InlineData(2_000, Mixing.Reverse)]
    public void A_learned_map_stands_between_blocks_where_columns_are_not_too_many(int columns, Mixing mixing)
    {
        IModelOptions model = AutoregressiveOptions.MafDescription.Defaults(new DataShape(1, 1, columns, null));
        Assert.Equal(mixing, ((AutoregressiveOptions)new TableRecipe(1_000, 125).Sized(model)).Mixing);
    }

    [Theory]
    [InlineData(19, 0.001, 0)]
    [InlineData(20, 0.002, 1)]
    public void Weights_of_models_of_many_columns_decay(int columns, double rate, double decay)
    {
        TrainerOptions training = TableRecipe.Decayed(TrainerOptions.Default(isContinuous: true), columns);
        Assert.Equal((rate, decay), (training.Rate, training.WeightDecay));
        Assert.Equal(decay > 0, training.Optimizer == OptimizerKind.AdamW);
    }

    [Theory]
    [InlineData(40, 5, 20)]
    [InlineData(1_000, 125, 1)]
    [InlineData(1_000, 3_000, 20)]
    public void Evaluations_are_so_few_that_their_time_is_small_beside_that_of_training(int rows, int heldOut, int every)
    {
        TableRecipe recipe = new(rows, heldOut);
        RunLimits limits = recipe.Limits(recipe.Batch);
        Assert.Equal(every, limits.EvaluateEvery);
        Assert.InRange((double)limits.Patience!.Value / limits.Epochs!.Value, 0.1, 0.4);
    }
}
