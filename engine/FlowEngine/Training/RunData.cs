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
    internal const int SampleColumns = 8;
    private const int MostClasses = 16;
    private const double SampleTemperature = 0.7;
    private const ulong SampleSeed = 0;
    private const int ProbeImages = 64;
    private const int ProbeRows = 1_000;
    private const int MostRows = 2_000;

    /// <summary>Training samples.</summary>
    public IDataset Train => train;

    /// <summary>Held-out samples.</summary>
    public IDataset HeldOut => heldOut;

    /// <summary>How many training samples <see cref="TrainingLogProb"/> takes.</summary>
    internal int ReferenceCount => Math.Min(IsOfImages ? ReferenceImages : ReferenceRows, train.Count);

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
        Evaluation.Run(model, train.Take(ReferenceCount), seed).Nats;

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

    /// <summary>Training images from all over the set, laid out as those of <see cref="DrawSamples"/>; null of other data.</summary>
    internal Image? DrawReal(ModelConfig config)
    {
        if (train is not ImageDataset images)
        {
            return null;
        }

        int[] all = [.. Enumerable.Range(0, images.Count)];
        int[] chosen = config.Options.Condition is null
            ? Spread(all, Math.Min(SampleCount, all.Length))
            : [.. config.Classes.Seen.Take(MostClasses).SelectMany(seen =>
                Spread([.. all.Where(i => images.Labels![i] == seen)], SampleColumns))];
        return ImageGrid.Compose(config.Images.Restore(images.Select(chosen)), SampleColumns);
    }

    /// <summary>
    /// Held-out rows in the units of their table, and as many that a model draws under their conditions; null of other
    /// data, and where the model draws what is not finite.
    /// </summary>
    internal (TableDataset Data, TableDataset Samples)? DrawRows(Model model)
    {
        if (model.Config.Data is not TableSchema schema)
        {
            return null;
        }

        IDataset shown = heldOut.Count > 0 ? heldOut : train;
        int[] chosen = Spread([.. Enumerable.Range(0, shown.Count)], Math.Min(MostRows, shown.Count));
        float[] values = new float[chosen.Length * shown.Dims];
        shown.Fill(chosen, [], values);
        int length = model.Flow.ConditionLength;
        float[] conditions = Conditions.Of(model.Config.Options, shown);
        float[] drawn = model.Sample(
            chosen.Length, 1, SampleSeed, 0, chosen.SelectMany(i => conditions[(i * length)..((i + 1) * length)]).ToArray());
        return drawn.All(float.IsFinite)
            ? (schema.Restore("data", values), schema.Restore("samples", drawn))
            : null;
    }

    /// <summary>As many items as are wanted, evenly spaced; some come again where there are fewer.</summary>
    private static int[] Spread(int[] items, int count) =>
        [.. Enumerable.Range(0, items.Length > 0 ? count : 0).Select(i => items[(int)((long)i * items.Length / count)])];
}
