namespace FlowEngine.Likelihood;

/// <summary>How well scores put anomalies before what is normal. Ties are counted exactly, in no order.</summary>
public static class Ranking
{
    /// <summary>
    /// The area under the ROC curve: the probability that an anomaly scores above a normal datum, where a tie counts half.
    /// </summary>
    /// <param name="scores">Higher is more anomalous; one that is not finite is the highest.</param>
    /// <param name="isAnomaly">One a score; both kinds are there.</param>
    /// <exception cref="FlowException">The lengths differ, or one kind is missing.</exception>
    public static double Auroc(ReadOnlySpan<double> scores, ReadOnlySpan<bool> isAnomaly)
    {
        double pairs = 0;
        long normalAbove = 0;
        (long anomalies, long normals) = Count(scores, isAnomaly);
        foreach ((int tiedAnomalies, int tiedNormals) in Ties(scores, isAnomaly))
        {
            pairs += tiedAnomalies * (normals - normalAbove - 0.5 * tiedNormals);
            normalAbove += tiedNormals;
        }

        return pairs / ((double)anomalies * normals);
    }

    /// <summary>
    /// Average precision: over the thresholds from high to low, the precision at each times the recall it adds. Data of one
    /// score pass a threshold together.
    /// </summary>
    /// <param name="scores">Higher is more anomalous; one that is not finite is the highest.</param>
    /// <param name="isAnomaly">One a score; both kinds are there.</param>
    /// <exception cref="FlowException">The lengths differ, or one kind is missing.</exception>
    public static double AveragePrecision(ReadOnlySpan<double> scores, ReadOnlySpan<bool> isAnomaly)
    {
        double sum = 0;
        long before = 0;
        (long anomalies, _) = Count(scores, isAnomaly);
        foreach ((long found, long passed) in Thresholds(scores.ToArray(), isAnomaly.ToArray()))
        {
            sum += (double)found / passed * (found - before);
            before = found;
        }

        return sum / anomalies;
    }

    /// <summary>What passes each threshold, from the highest down: of ROC and precision-recall curves.</summary>
    /// <param name="scores">Higher is more anomalous; one that is not finite is the highest.</param>
    /// <param name="isAnomaly">One a score.</param>
    /// <returns>How many pass, and how many anomalies are among them, at each score that there is.</returns>
    internal static IEnumerable<(long Found, long Passed)> Thresholds(double[] scores, bool[] isAnomaly)
    {
        (long found, long passed) = (0, 0);
        foreach ((int anomalies, int normals) in Ties(scores, isAnomaly))
        {
            found += anomalies;
            passed += anomalies + normals;
            yield return (found, passed);
        }
    }

    private static (long Anomalies, long Normals) Count(ReadOnlySpan<double> scores, ReadOnlySpan<bool> isAnomaly)
    {
        int anomalies = isAnomaly.Count(true);
        return scores.Length == isAnomaly.Length && anomalies > 0 && anomalies < isAnomaly.Length
            ? (anomalies, isAnomaly.Length - anomalies)
            : throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{scores.Length} scores with {anomalies} anomalies among {isAnomaly.Length} labels: expected one label a "
                + "score, and both anomalies and normal data");
    }

    /// <summary>How many of each kind share a score, from the highest score down.</summary>
    private static List<(int Anomalies, int Normals)> Ties(ReadOnlySpan<double> scores, ReadOnlySpan<bool> isAnomaly)
    {
        double[] keys = new double[scores.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = double.IsFinite(scores[i]) ? -scores[i] : double.NegativeInfinity;
        }

        bool[] kinds = isAnomaly.ToArray();
        Array.Sort(keys, kinds);
        List<(int, int)> ties = [];
        for (int first = 0, last; first < keys.Length; first = last)
        {
            int anomalies = 0;
            for (last = first; last < keys.Length && keys[last] == keys[first]; last++)
            {
                anomalies += kinds[last] ? 1 : 0;
            }

            ties.Add((anomalies, last - first - anomalies));
        }

        return ties;
    }
}
