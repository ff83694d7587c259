namespace FlowEngine.Anomalies;

/// <summary>How the norms of flows become scores, of which about 1 is normal.</summary>
/// <param name="Flows">What each flow's norms are divided by, before their mean is taken.</param>
/// <param name="Places">What that mean is divided by, at each place of a picture, (P); 1 of a table.</param>
internal sealed record DetectorScale(double[] Flows, double[] Places)
{
    /// <summary>The means over the flows of norms, each over its scale: scores, but for the places.</summary>
    /// <param name="norms">(N, flows).</param>
    /// <param name="scales">(flows).</param>
    /// <returns>(N).</returns>
    public static double[] Means(double[] norms, double[] scales)
    {
        double[] means = new double[norms.Length / scales.Length];
        for (int i = 0; i < norms.Length; i++)
        {
            means[i / scales.Length] += norms[i] / (scales[i % scales.Length] * scales.Length);
        }

        return means;
    }

    /// <summary>The median of each column, where that is not 0, else 1.</summary>
    /// <param name="values">(N, columns).</param>
    /// <param name="columns">How many.</param>
    public static double[] Medians(double[] values, int columns) => [.. Enumerable.Range(0, columns).Select(column =>
    {
        double[] ofColumn = new double[values.Length / columns];
        for (int i = 0; i < ofColumn.Length; i++)
        {
            ofColumn[i] = values[(i * columns) + column];
        }

        Array.Sort(ofColumn);
        double median = ofColumn[ofColumn.Length / 2];
        return median > 0 ? median : 1;
    })];

    /// <summary>The scores of rows.</summary>
    /// <param name="norms">(N, flows), of whole pictures, place by place.</param>
    /// <returns>(N).</returns>
    public double[] Scores(double[] norms)
    {
        double[] scores = Means(norms, Flows);
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] /= Places[i % Places.Length];
        }

        return scores;
    }

    /// <summary>The highest score of each picture.</summary>
    /// <param name="means">(N, P), what <see cref="Means"/> gives.</param>
    /// <returns>(N).</returns>
    public double[] Highest(double[] means)
    {
        double[] highest = new double[means.Length / Places.Length];
        for (int i = 0; i < means.Length; i++)
        {
            highest[i / Places.Length] = Math.Max(highest[i / Places.Length], means[i] / Places[i % Places.Length]);
        }

        return highest;
    }
}
