using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Tells the learning rate's schedule where a run ends.</summary>
internal static class ScheduleEnd
{
    /// <summary>The options with the samples of the whole run.</summary>
    /// <param name="training">The options.</param>
    /// <param name="limits">Where the run ends.</param>
    /// <param name="samples">Training samples.</param>
    public static TrainerOptions Set(TrainerOptions training, RunLimits limits, int samples)
    {
        int batch = Math.Max(1, training.BatchOf(samples));
        long? updates = limits.Updates(batch, Math.Max(1, samples / batch));
        if (updates is null && training.Schedule == Schedule.Cosine)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                "minutes do not say where a cosine schedule ends: expected --epochs or --samples too");
        }

        return training with { TotalSamples = updates is long count ? count * batch : long.MaxValue };
    }
}
