namespace FlowEngine.Training;

/// <summary>Where a training run ends: at the first of the limits that are given.</summary>
/// <param name="Epochs">Passes over the data.</param>
/// <param name="Samples">Samples seen, rounded up to whole updates.</param>
/// <param name="Minutes">Time spent in updates; evaluation and samples do not count.</param>
public sealed record RunLimits(int? Epochs, long? Samples, double? Minutes)
{
    /// <summary>Epochs without a better evaluation of the held-out data after which the rate falls and the run ends, with the best
    /// weights; null to go on, with the last ones.</summary>
    public int? Patience { get; init; }

    /// <summary>Epochs between the evaluations of a run with patience: more than one where an epoch is a few updates.</summary>
    public int EvaluateEvery { get; init; } = 1;

    /// <summary>True if none is given; patience does not count as one.</summary>
    public bool IsEmpty => Epochs is null && Samples is null && Minutes is null;

    /// <summary>Checks every number.</summary>
    /// <exception cref="FlowException">One is not positive.</exception>
    public void Validate()
    {
        Require(Epochs is null or >= 1, "epochs", Epochs);
        Require(Samples is null or >= 1, "samples", Samples);
        Require(Minutes is null || (Minutes > 0 && double.IsFinite(Minutes.Value)), "minutes", Minutes);
        Require(Patience is null or >= 1, "patience", Patience);
        Require(EvaluateEvery >= 1, "epochs between evaluations", EvaluateEvery);
        if (IsEmpty)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "the run has no end: expected epochs, samples or minutes");
        }
    }

    /// <summary>Updates until the end by epochs or samples; null if only time ends the run.</summary>
    /// <param name="batch">Samples of one update.</param>
    /// <param name="updatesPerEpoch">Updates in one pass over the data.</param>
    public long? Updates(int batch, int updatesPerEpoch)
    {
        long? byEpochs = (long?)Epochs * updatesPerEpoch;
        long? bySamples = Samples is null ? null : (Samples - 1) / batch + 1;
        return byEpochs is null || bySamples is null ? byEpochs ?? bySamples : Math.Min(byEpochs.Value, bySamples.Value);
    }

    private static void Require(bool holds, string name, double? value)
    {
        if (!holds)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                FormattableString.Invariant($"{name} is {value}, expected a positive number"));
        }
    }
}
