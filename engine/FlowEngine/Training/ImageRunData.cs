using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>Images to train on, as the model takes them.</summary>
/// <param name="train">The training images.</param>
/// <param name="heldOut">The held-out images.</param>
public sealed class ImageRunData(ImageDataset train, ImageDataset heldOut) : RunData
{
    private const int PeriodicHeldOut = 1_000;
    private const int FinalHeldOut = 10_000;
    private const int MostReference = 1_000;
    private const int SampleCount = 64;
    private const int SampleColumns = 8;
    private const int MostClasses = 16;
    private const double SampleTemperature = 0.7;
    private const ulong SampleSeed = 0;

    /// <inheritdoc/>
    public override int TrainCount => train.Count;

    /// <inheritdoc/>
    public override int HeldOutCount => heldOut.Count;

    /// <inheritdoc/>
    public override Trainer CreateTrainer(Model model, TrainerOptions options) => new(model, train, options);

    /// <inheritdoc/>
    public override string Describe(ModelConfig config)
    {
        IModelOptions options = config.Options;
        string padded = (options.Height, options.Width) == (config.DataHeight, config.DataWidth)
            ? string.Empty
            : $", padded to {options.Height}x{options.Width}";
        return $"{train.Name}: {train.Count} training and {heldOut.Count} held-out "
            + $"images of {config.DataHeight}x{config.DataWidth}x{options.Channels}{padded}, "
            + $"{options.Bins} grey levels";
    }

    internal override int EvaluationCount(bool final) => Math.Min(final ? FinalHeldOut : PeriodicHeldOut, heldOut.Count);

    internal override EvalMetrics Evaluate(
        Model model, int count, ulong seed, long images, double seconds, CancellationToken stop)
    {
        Evaluation result = Evaluation.Run(model, heldOut.Take(count), seed, cancel: stop);
        return new EvalMetrics(images, result.BitsPerDim, result.BitsPerDimStandardError, count, seconds);
    }

    internal override double TrainingLogProb(Model model, ulong seed) =>
        Evaluation.Run(model, train.Take(Math.Min(MostReference, train.Count)), seed).Nats;

    internal override double? Nats(double bitsPerDim) => null;

    internal override Image? DrawSamples(Model model) => ImageGrid.Compose(
        model.Config.Options.Condition is null
            ? Samples.Draw(model, SampleCount, SampleTemperature, SampleSeed)
            : Samples.DrawClasses(model, SampleColumns, SampleTemperature, SampleSeed, MostClasses),
        SampleColumns);
}
