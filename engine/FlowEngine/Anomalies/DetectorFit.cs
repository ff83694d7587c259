namespace FlowEngine.Anomalies;

/// <summary>Fits the flows of a detector, and finds its threshold by units that the flows have not seen.</summary>
/// <remarks>
/// Units are held out whole. The rows of one picture are alike: flows that have seen some of them would give the others
/// scores that are too low. What is normal differs between the places of a picture, as at its border, where a network sees
/// zeros: the score of a row is over the median at its place. The score of a unit is the highest of its rows'.
/// </remarks>
/// <param name="units">What is fitted.</param>
/// <param name="options">What is known of it.</param>
/// <param name="cancel">Stops between flows.</param>
internal sealed class DetectorFit(DetectorUnits units, AnomalyOptions options, CancellationToken cancel)
{
    /// <summary>The most units that are held out.</summary>
    public const int MostHeldOut = 20_000;

    /// <summary>Fewer units spare none for the threshold: each is scored by flows fitted without its fold.</summary>
    private const int FewUnits = 1000;
    private const int Folds = 5;
    private const int SparedPart = 5;

    /// <summary>Fits.</summary>
    /// <param name="order">All units, shuffled.</param>
    /// <returns>The flows, how their norms become scores, the scores of held-out units, rising, and the threshold.</returns>
    public (DetectorEnsemble Ensemble, DetectorScale Scale, double[] HeldOut, double Threshold) Run(int[] order)
    {
        if (options.Contamination is not double share)
        {
            (DetectorEnsemble ensemble, DetectorScale scale, double[] scores) =
                FitAndHold(order, order.Length < FewUnits ? Folds : 1);
            return (ensemble, scale, scores, Quantile(scores, 1 - options.FalseAlarms));
        }

        // Anomalies among the units are left out, as flows find them that have not seen them, and the flows fitted anew.
        int folds = order.Length < FewUnits ? Folds : 2;
        (int[] unseen, _, double[] found) = Score(Unseen(order, folds));
        double limit = Quantile(Sorted(found), 1 - share);
        (DetectorEnsemble clean, DetectorScale cleanScale, double[] heldOut) =
            FitAndHold([.. unseen.Where((_, i) => found[i] <= limit)], folds);
        double[] ofAll = Sorted(cleanScale.Highest(
            units.Scores(clean, order, units.SampleNorms(clean, order, cancel), cleanScale.Flows, cancel)));
        int passing = (int)Math.Round(share * ofAll.Length);
        return (clean, cleanScale, heldOut, ofAll[ofAll.Length - 1 - passing]);
    }

    /// <summary>Fits units, and scores some that the flows have not seen.</summary>
    /// <param name="order">Which units, shuffled.</param>
    /// <param name="folds">1 to spare a fifth of them for that; more to score each by flows fitted without its fold, and then
    /// fit all.</param>
    private (DetectorEnsemble Ensemble, DetectorScale Scale, double[] Scores) FitAndHold(int[] order, int folds)
    {
        int held = Math.Min(order.Length / SparedPart, MostHeldOut);
        List<Part> unseen = folds > 1 ? Unseen(order, folds) : [Hold(order[..held], order[held..])];
        (_, DetectorScale scale, double[] scores) = Score(unseen);
        return (folds > 1 ? Fit(order) : unseen[0].Ensemble, scale, Sorted(scores));
    }

    private List<Part> Unseen(int[] order, int folds) =>
    [
        .. Enumerable.Range(0, folds).Select(fold => Hold(
            [.. order.Where((_, i) => i % folds == fold)], [.. order.Where((_, i) => i % folds != fold)])),
    ];

    private Part Hold(int[] held, int[] others)
    {
        DetectorEnsemble ensemble = Fit(others);
        return new Part(held, ensemble, units.SampleNorms(ensemble, held, cancel));
    }

    private DetectorEnsemble Fit(int[] order) =>
        DetectorEnsemble.Fit(units.RowsToFit(order), units.Dims, options.Seed, cancel);

    /// <summary>The units of all parts, how norms become scores, and the scores of the units.</summary>
    private (int[] Units, DetectorScale Scale, double[] Scores) Score(List<Part> parts)
    {
        double[] ofFlows = DetectorScale.Medians([.. parts.SelectMany(part => part.Norms)], DetectorFlowKind.All.Count);
        double[] scores = [.. parts.SelectMany(part => units.Scores(part.Ensemble, part.Units, part.Norms, ofFlows, cancel))];
        DetectorScale scale = new(ofFlows, units.Places == 1 ? [1] : DetectorScale.Medians(scores, units.Places));
        return ([.. parts.SelectMany(part => part.Units)], scale, scale.Highest(scores));
    }

    private static double[] Sorted(double[] values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted;
    }

    /// <summary>The least value that at least a share of others, one more of them than there are, do not pass.</summary>
    private static double Quantile(double[] sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * (sorted.Length + 1)) - 1, 0, sorted.Length - 1)];

    /// <summary>Units, and flows that have not seen them.</summary>
    /// <param name="Units">The units.</param>
    /// <param name="Ensemble">The flows.</param>
    /// <param name="Norms">Those of what the sample has of the units, (rows, flows).</param>
    private sealed record Part(int[] Units, DetectorEnsemble Ensemble, double[] Norms);
}
