namespace FlowEngine.Training;

/// <summary>Watches the evaluations of a run: the best so far, and how long ago it was.</summary>
/// <param name="patience">Evaluations without a better one that use it up.</param>
internal sealed class EarlyStopping(int patience)
{
    private int _since;

    /// <summary>The best evaluation; null before the first that is finite.</summary>
    public EvalMetrics? Best { get; private set; }

    /// <summary>The samples at the evaluation that used the patience up; null before. A better one later does not take it back.</summary>
    public long? ExhaustedAt { get; private set; }

    /// <summary>Takes an evaluation in.</summary>
    /// <returns>True if it is the best so far.</returns>
    public bool Add(EvalMetrics evaluation)
    {
        // Samples that left the mean must not better it. False for NaN, which is never the best.
        bool isBest = evaluation.LeftOut == (Best?.LeftOut ?? evaluation.LeftOut)
            ? evaluation.BitsPerDim < (Best?.BitsPerDim ?? double.PositiveInfinity)
            : evaluation.LeftOut < Best!.LeftOut && double.IsFinite(evaluation.BitsPerDim);
        (Best, _since) = isBest ? (evaluation, 0) : (Best, _since + 1);
        ExhaustedAt ??= _since >= patience ? evaluation.Samples : null;
        return isBest;
    }
}
