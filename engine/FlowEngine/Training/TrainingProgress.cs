namespace FlowEngine.Training;

/// <summary>Where a training run stands.</summary>
/// <param name="Step">The last update.</param>
/// <param name="Fraction">0 to 1: how much of the run is done.</param>
/// <param name="BitsPerDim">Mean since the last line of metrics.</param>
/// <param name="SamplesPerSecond">Mean since the last line of metrics.</param>
/// <param name="Seconds">Time spent in updates.</param>
/// <param name="Nats">The mean log density of a row, nats, since the last line of metrics; null for images.</param>
public readonly record struct TrainingProgress(
    StepResult Step, double Fraction, double BitsPerDim, double SamplesPerSecond, double Seconds, double? Nats);
