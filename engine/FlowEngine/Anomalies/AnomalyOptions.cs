namespace FlowEngine.Anomalies;

/// <summary>What an <see cref="AnomalyDetector"/> is told; nothing needs to be.</summary>
public sealed record AnomalyOptions
{
    /// <summary>The share of anomalies in the training rows, above 0 and below 0.5: so many of them are left out, and so many
    /// are above the threshold. Null where the rows are normal: then <see cref="FalseAlarms"/> sets the threshold.</summary>
    public double? Contamination { get; init; }

    /// <summary>The share of normal rows that may be called anomalies, above 0 and below 1.</summary>
    public double FalseAlarms { get; init; } = 0.05;

    /// <summary>Which rows set the threshold, and where the flows begin.</summary>
    public ulong Seed { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="FlowException">One is out of range.</exception>
    public void Validate()
    {
        if (Contamination is double share && !(share is > 0 and < 0.5))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                FormattableString.Invariant($"contamination is {share}, expected a share above 0 and below 0.5"));
        }

        if (!(FalseAlarms is > 0 and < 1))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                FormattableString.Invariant($"false_alarms is {FalseAlarms}, expected a share above 0 and below 1"));
        }
    }
}
