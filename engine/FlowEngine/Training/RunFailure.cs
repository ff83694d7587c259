namespace FlowEngine.Training;

/// <summary>Tells a run that reached its end and learned nothing.</summary>
internal static class RunFailure
{
    // Bits per dimension: what is lost to chance and to a held-out part that little was learned of.
    private const double LeastHarm = 0.05;

    /// <summary>Why a run is <see cref="RunOutcome.Untrained"/>; null for others.</summary>
    /// <param name="trainer">Its trainer.</param>
    /// <param name="mark">What it noted at its start.</param>
    /// <param name="last">Its last or best evaluation; null for none.</param>
    /// <param name="trainingLogProb">The log density of training data.</param>
    /// <param name="probe">Bits per dimension of the samples that were probed at its start.</param>
    public static string? Of(
        Trainer trainer, RunMark mark, EvalMetrics? last, double trainingLogProb, Func<double> probe)
    {
        if (2 * trainer.Skipped > trainer.Updates)
        {
            return $"{trainer.Skipped} of {trainer.Updates} updates were skipped, the last because {trainer.SkippedBecause} "
                + "was not finite";
        }

        double end = probe();
        if (mark.StartBitsPerDim is not double start)
        {
            return double.IsFinite(end) || double.IsFinite(trainingLogProb)
                ? null
                : "the log densities of the training data are not finite";
        }

        // Of a few held-out rows chance takes more than that.
        double chance = 2 * (last?.BitsPerDimStandardError ?? 0);
        return end <= start + LeastHarm || end <= start + chance
            ? null
            : FormattableString.Invariant(
                $"bits per dimension were {start:0.0000} before the first update, and are {end:0.0000} at the end");
    }
}
