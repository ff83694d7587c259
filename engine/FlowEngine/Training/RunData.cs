using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Ranks;

namespace FlowEngine.Training;

/// <summary>What a run trains and judges its model on, as the model takes it.</summary>
/// <param name="train">Training samples.</param>
/// <param name="heldOut">Samples that training does not learn from; none skips evaluation.</param>
public sealed class RunData(IDataset train, IDataset heldOut)
{
    private const int PeriodicImages = 1_000;
    private const int FinalImages = 10_000;
    private const int LeastImages = 250;
    private const int LeastTrainingByPeriodic = 20;
    private const int LeastTrainingByFinal = 4;
    private const int ReferenceImages = 1_000;
    private const int ReferenceRows = 10_000;
    private const int SampleCount = 64;
    private const int SampleColumns = 8;
    private const int MostClasses = 16;
    private const double SampleTemperature = 0.7;
    private const ulong SampleSeed = 0;
    private const int ProbeImages = 64;
    private const int ProbeRows = 1_000;

    /// <summary>Training samples.</summary>
    public IDataset Train => train;

    /// <summary>Held-out samples.</summary>
    public IDataset HeldOut => heldOut;

    private bool IsOfImages => train.Bins is not null;

    /// <summary>The data in a few words, for people.</summary>
    /// <param name="config">The model's configuration.</param>
    public string Describe(ModelConfig config) =>
        $"{train.Name}: {train.Count} training and {heldOut.Count} {train.Unit.HeldOut} {config.DataSummary}";

    /// <summary>
    /// How many held-out samples an evaluation takes. Images cost more than rows: of a short run they are fewer, so that the
    /// time goes into training.
    /// </summary>
    /// <param name="final">True at the end of the run.</param>
    /// <param name="seen">Samples that the run has trained on.</param>
    internal int EvaluationCount(bool final, long seen)
    {
        if (!IsOfImages)
        {
            return heldOut.Count;
        }

        long affordable = Math.Max(LeastImages, seen / (final ? LeastTrainingByFinal : LeastTrainingByPeriodic));
        return (int)Math.Min(Math.Min(affordable, final ? FinalImages : PeriodicImages), heldOut.Count);
    }

    /// <summary>Evaluates a model on the first held-out samples; several ranks share the work, and do not stop in it.</summary>
    internal EvalMetrics Evaluate(
        Model model, int count, ulong seed, long samples, double seconds, ICommunicator? ranks, CancellationToken stop)
    {
        IDataset data = heldOut.Take(count);
        Evaluation result = Evaluation.Of(
            ranks is null
                ? Evaluation.LogProb(model, data, seed, cancel: stop)
                : Evaluation.SharedLogProb(model, data, seed, ranks),
            data);
        return new EvalMetrics(samples, result.BitsPerDim, result.BitsPerDimStandardError, count, seconds)
        {
            LeftOut = result.LeftOut,
            Nats = train.Unit.IsInNats ? result.Nats : null,
            NatsStandardError = train.Unit.IsInNats ? result.NatsStandardError : null,
        };
    }

    /// <summary>Bits per dimension of a few samples, by which a run tells whether it trained at all.</summary>
    internal double Probe(Model model, ulong seed) => Evaluation.Run(
        model,
        (heldOut.Count > 0 ? heldOut : train).Take(IsOfImages ? ProbeImages : ProbeRows),
        seed).BitsPerDim;

    /// <summary>What tells the held-out data from others; null for none.</summary>
    internal string? HeldOutFingerprint(Model model) => heldOut.Count == 0
        ? null
        : DataFingerprint.Of(heldOut, Conditions.Of(model.Config.Options, heldOut));

    /// <summary>The mean log density of the training data, nats, of the first of them where there are many.</summary>
    internal double TrainingLogProb(Model model, ulong seed) =>
        Evaluation.Run(model, train.Take(IsOfImages ? ReferenceImages : ReferenceRows), seed).Nats;

    /// <summary>Nats of a sample from bits per dimension; null where its likelihood is not told in nats.</summary>
    internal double? Nats(double bitsPerDim) =>
        train.Unit.IsInNats ? -bitsPerDim * train.Dims * Math.Log(2) : null;

    /// <summary>A picture of samples; null of other data than images.</summary>
    internal Image? DrawSamples(Model model) => IsOfImages
        ? ImageGrid.Compose(
            model.Config.Options.Condition is null
                ? Samples.Draw(model, SampleCount, SampleTemperature, SampleSeed)
                : Samples.DrawClasses(model, SampleColumns, SampleTemperature, SampleSeed, MostClasses),
            SampleColumns)
        : null;
}
