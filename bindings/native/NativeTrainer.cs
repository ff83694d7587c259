using FlowEngine.Training;

namespace FlowEngine.Native;

/// <summary>A <c>flow_trainer</c>; it keeps its model.</summary>
internal sealed class NativeTrainer(HandleTable.Lease<NativeModel> model, Trainer trainer) : IDisposable, INamedHandle
{
    /// <inheritdoc/>
    public static string HandleName => "trainer";

    /// <summary>The model in training.</summary>
    public NativeModel Model => model.Target;

    /// <summary>The trainer.</summary>
    public Trainer Trainer => trainer;

    /// <summary>Keeps callers apart.</summary>
    public Exclusive Turn { get; } = new("the trainer");

    /// <summary>Where the training stands, as C reads it.</summary>
    public unsafe void Describe(Metrics* metrics)
    {
        *metrics = new Metrics
        {
            StructSize = (uint)sizeof(Metrics),
            WasSkipped = trainer.Last.WasSkipped ? 1 : 0,
            Updates = trainer.Updates,
            Skipped = trainer.Skipped,
            Images = trainer.Samples,
            Epoch = trainer.Last.Epoch,
            UpdatesPerEpoch = trainer.UpdatesPerEpoch,
            BitsPerDim = trainer.Last.BitsPerDim,
            GradientNorm = trainer.Last.GradientNorm,
            LearningRate = trainer.Options.RateAt(Math.Max(1, trainer.Samples)),
        };
        Check.Put(trainer.SkippedBecause ?? string.Empty, metrics->SkippedBecause, 128);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        trainer.Dispose();
        model.Dispose();
    }
}
