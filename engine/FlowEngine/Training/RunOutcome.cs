namespace FlowEngine.Training;

/// <summary>How a training run ended.</summary>
public enum RunOutcome
{
    /// <summary>It reached its limit.</summary>
    Completed,

    /// <summary>The held-out data were no longer coded better: the weights are the best ones.</summary>
    StoppedEarly,

    /// <summary>It was asked to stop, and can go on where it stands.</summary>
    Stopped,

    /// <summary>Too many updates in a row were not finite; the last checkpoint is from before.</summary>
    Diverged,

    /// <summary>It reached its end, and is no better than at its start: <see cref="TrainingRun.Failure"/> says why.</summary>
    Untrained,
}
