namespace FlowEngine.Training;

/// <summary>Where a run ends, and so where its rate falls: by its limits, or sooner where its patience has run out.</summary>
/// <remarks>
/// A budget in minutes has no end in samples: the speed so far says where it will be. A budget in samples or epochs knows
/// nothing of speed, so that its bits are the same on every machine.
/// </remarks>
/// <param name="limits">The limits.</param>
/// <param name="trainer">The trainer, whose schedule learns of the end.</param>
internal sealed class RunEnd(RunLimits limits, Trainer trainer)
{
    private const int UpdatesBeforeThePlan = 10;

    private long _samples = trainer.Options.TotalSamples;
    private long? _cooled;

    /// <summary>The last update; null if only time ends the run.</summary>
    public long? LastUpdate { get; } = limits.Updates(trainer.Options.Batch, trainer.UpdatesPerEpoch);

    /// <summary>True where patience has run out, and the rate is down since.</summary>
    public bool IsCooled => _cooled is not null && trainer.Samples >= trainer.Options.TotalSamples;

    /// <summary>The share of the limits that is used up, 0 to 1.</summary>
    /// <param name="seconds">Time spent in updates.</param>
    public double Fraction(double seconds) => Math.Clamp(
        Math.Max(
            LastUpdate is long last ? (double)trainer.Updates / last : 0,
            limits.Minutes is double minutes ? seconds / (60 * minutes) : 0),
        0,
        1);

    /// <summary>Tells the schedule where a budget in minutes will end.</summary>
    /// <param name="seconds">Time spent in updates.</param>
    /// <returns>True if that is known.</returns>
    public bool Plan(double seconds)
    {
        if (limits.Minutes is not double minutes || trainer.Updates < UpdatesBeforeThePlan || seconds <= 0)
        {
            return false;
        }

        long most = LastUpdate * trainer.Options.Batch ?? long.MaxValue;
        _samples = (long)Math.Min(most, trainer.Samples * (60 * minutes / seconds));
        Tell();
        return true;
    }

    /// <summary>
    /// The rate falls now, as at the end of a run: over a third of the samples so far, in whole evaluations, or what the limits
    /// leave of that. A schedule that is not to fall, or falls all the time, ends at once.
    /// </summary>
    /// <param name="since">The samples at the evaluation that used the patience up.</param>
    public void CoolDown(long since)
    {
        long evaluation = (long)trainer.UpdatesPerEpoch * limits.EvaluateEvery * trainer.Options.Batch;
        double end = since / (1 - TrainerOptions.CooldownPart);
        _cooled = trainer.Options.Schedule == Schedule.Cooldown ? (long)Math.Ceiling(end / evaluation) * evaluation : since;
        Tell();
    }

    private void Tell() => trainer.SetTotalSamples(Math.Min(_samples, _cooled ?? long.MaxValue));
}
