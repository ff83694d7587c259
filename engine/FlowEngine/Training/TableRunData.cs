using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>Rows to train on, as the model takes them.</summary>
/// <param name="train">The training rows.</param>
/// <param name="validation">The rows that decide when to stop.</param>
public sealed class TableRunData(ScaledTable train, ScaledTable validation) : RunData
{
    private const int MostReference = 10_000;

    /// <inheritdoc/>
    public override int TrainCount => train.Count;

    /// <inheritdoc/>
    public override int HeldOutCount => validation.Count;

    /// <inheritdoc/>
    public override Trainer CreateTrainer(Model model, TrainerOptions options) => new(model, train, options);

    /// <inheritdoc/>
    public override string Describe(ModelConfig config) =>
        $"{train.Name}: {train.Count} training and {validation.Count} validation rows of {train.Dims} columns"
        + (config.Table?.Scaling.Columns.Count is int all && all > train.Dims
            ? $" ({all - train.Dims} left out)"
            : string.Empty);

    internal override int EvaluationCount(bool final) => validation.Count;

    internal override EvalMetrics Evaluate(
        Model model, int count, ulong seed, long images, double seconds, CancellationToken stop) =>
        EvalMetrics.Of(TableEvaluation.Run(model, validation.Take(count), stop), train.Dims, images, seconds);

    internal override double TrainingLogProb(Model model, ulong seed) =>
        TableEvaluation.Run(model, train.Take(MostReference)).Nats;

    internal override double? Nats(double bitsPerDim) => -bitsPerDim * train.Dims * Math.Log(2);

    internal override Image? DrawSamples(Model model) => null;
}
