using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Tells the learning rate's schedule where a run ends.</summary>
internal static class ScheduleEnd
{
    private const int LeastPatienceByWarmup = 3;

    /// <summary>The options with the samples of the whole run; one that only time ends finds them as it goes.</summary>
    /// <param name="training">The options.</param>
    /// <param name="limits">Where the run ends.</param>
    /// <param name="samples">Training samples.</param>
    public static TrainerOptions Set(TrainerOptions training, RunLimits limits, int samples)
    {
        int batch = Math.Max(1, training.BatchOf(samples));
        int updatesPerEpoch = Math.Max(1, samples / batch);
        training = training with
        {
            Batch = batch,
            TotalSamples = limits.Updates(batch, updatesPerEpoch) is long count ? count * batch : long.MaxValue,
        };
        if (training.WarmupSamples is null && limits.Patience is int patience)
        {
            // Nothing is to be seen of a model before its rate is there: patience must not end within the warm-up.
            long longest = Math.Max(1, (long)patience * updatesPerEpoch / LeastPatienceByWarmup) * batch;
            training = training with { WarmupSamples = Math.Min(training.Warmup, longest) };
        }

        return training;
    }
}
