namespace FlowEngine.Anomalies;

/// <summary>What a detector judges as one: a row of a table, or a picture of several rows.</summary>
/// <param name="sample">(S, D), standardized: rows in memory, those of a unit one after another.</param>
/// <param name="first">(N + 1): where the rows of each unit begin in the sample; a unit may have none there.</param>
/// <param name="dims">Columns, D.</param>
/// <param name="places">Rows of a unit, P.</param>
/// <param name="all">All rows of a unit, (P, D), standardized; null where the sample has them.</param>
internal sealed class DetectorUnits(double[] sample, int[] first, int dims, int places, Func<int, double[]>? all)
{
    /// <summary>How many there are, N.</summary>
    public int Count => first.Length - 1;

    /// <summary>Columns, D.</summary>
    public int Dims => dims;

    /// <summary>Rows of a unit, P.</summary>
    public int Places => places;

    /// <summary>Rows to fit, the first of each unit, then the second of each, so that as many units as can be are among them.</summary>
    /// <param name="units">Which units.</param>
    /// <returns>As many as are fitted.</returns>
    public double[] RowsToFit(int[] units)
    {
        int most = DetectorEnsemble.RowsFor(dims);
        List<int> rows = [];
        for (int turn = 0, before = -1; rows.Count > before && rows.Count < most; turn++)
        {
            before = rows.Count;
            rows.AddRange(units.Where(unit => first[unit] + turn < first[unit + 1]).Select(unit => first[unit] + turn)
                .Take(most - rows.Count));
        }

        return Gather(rows);
    }

    /// <summary>The norms of what the sample has of units.</summary>
    /// <param name="ensemble">The flows.</param>
    /// <param name="units">Which units.</param>
    /// <param name="cancel">Stops between rows.</param>
    /// <returns>(rows, flows).</returns>
    public double[] SampleNorms(DetectorEnsemble ensemble, int[] units, CancellationToken cancel) =>
        ensemble.Norms(Gather(units.SelectMany(unit => Enumerable.Range(first[unit], first[unit + 1] - first[unit]))), cancel);

    /// <summary>The scores of all rows of units.</summary>
    /// <param name="ensemble">The flows.</param>
    /// <param name="units">Which units.</param>
    /// <param name="norms">What <see cref="SampleNorms"/> gives of them.</param>
    /// <param name="scales">What each flow's norms are divided by.</param>
    /// <param name="cancel">Stops between units.</param>
    /// <returns>(units, P).</returns>
    public double[] Scores(
        DetectorEnsemble ensemble, int[] units, double[] norms, double[] scales, CancellationToken cancel)
    {
        if (all is null)
        {
            return DetectorScale.Means(norms, scales);
        }

        double[] scores = new double[units.Length * places];
        for (int i = 0; i < units.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            DetectorScale.Means(ensemble.Norms(all(units[i]), cancel), scales).CopyTo(scores, i * places);
        }

        return scores;
    }

    private double[] Gather(IEnumerable<int> rows) => [.. rows.SelectMany(i => sample.AsSpan(i * dims, dims).ToArray())];
}
