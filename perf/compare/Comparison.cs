namespace FlowEngine.Compare;

/// <summary>One benchmark of two builds.</summary>
/// <param name="Benchmark">Its name.</param>
/// <param name="Unit">The unit of the medians.</param>
/// <param name="BaseMedian">The base's median; null where it has none.</param>
/// <param name="HeadMedian">The head's median; null where it has none.</param>
/// <param name="Ratio">The head's time by the base's: above 1 is slower, whatever the unit.</param>
/// <param name="Noise">How far above 1 a ratio can be by chance.</param>
/// <param name="Verdict">What follows.</param>
internal sealed record Comparison(
    string Benchmark,
    string Unit,
    double? BaseMedian,
    double? HeadMedian,
    double? Ratio,
    double? Noise,
    Verdict Verdict)
{
    // A slowdown of a fifth could go unseen.
    private const double TooMuchNoise = 0.2;

    /// <summary>True if this fails a check.</summary>
    public bool IsFailure => Verdict is Verdict.Slower or Verdict.Missing;

    /// <summary>Compares every benchmark of two reports, in the order of the base.</summary>
    /// <param name="baseReport">The build before a change.</param>
    /// <param name="headReport">The build after it.</param>
    /// <param name="threshold">The smallest slowdown that counts: 0.05 is a time longer by a twentieth.</param>
    /// <exception cref="CompareException">A benchmark has too few rounds, or other rounds or units in the two.</exception>
    public static IReadOnlyList<Comparison> Of(
        IReadOnlyList<Series> baseReport, IReadOnlyList<Series> headReport, double threshold)
    {
        var heads = headReport.ToDictionary(series => series.Benchmark);
        List<Comparison> comparisons = [.. baseReport.Select(before =>
            heads.Remove(before.Benchmark, out Series? after)
                ? Of(before, after, threshold)
                : OfOne(before, Verdict.Missing))];
        comparisons.AddRange(headReport.Where(series => heads.ContainsKey(series.Benchmark))
            .Select(series => OfOne(series, Verdict.New)));
        return comparisons;
    }

    private static Comparison Of(Series before, Series after, double threshold)
    {
        if (before.Unit != after.Unit || before.HigherIsBetter != after.HigherIsBetter)
        {
            throw new CompareException($"{before.Benchmark} is in {before.Unit} in the base and in {after.Unit} in the head");
        }

        if (before.Values.Count != after.Values.Count || before.Values.Count < PairedRatio.FewestRounds)
        {
            throw new CompareException(
                $"{before.Benchmark} has {before.Values.Count} rounds of the base and {after.Values.Count} of the head, "
                + $"expected as many of both and at least {PairedRatio.FewestRounds}");
        }

        var paired = PairedRatio.From(Times(before), Times(after));
        double limit = 1 + Math.Max(threshold, paired.Noise);
        Verdict verdict = paired.Ratio > limit ? Verdict.Slower
            : paired.Ratio < 1 / limit ? Verdict.Faster
            : paired.Noise > TooMuchNoise ? Verdict.Noisy
            : Verdict.Same;
        return new Comparison(
            before.Benchmark,
            before.Unit,
            PairedRatio.Median(before.Values),
            PairedRatio.Median(after.Values),
            paired.Ratio,
            paired.Noise,
            verdict);
    }

    private static Comparison OfOne(Series series, Verdict verdict)
    {
        double? median = series.Values.Count > 0 ? PairedRatio.Median(series.Values) : null;
        return new Comparison(
            series.Benchmark,
            series.Unit,
            verdict == Verdict.Missing ? median : null,
            verdict == Verdict.New ? median : null,
            Ratio: null,
            Noise: null,
            verdict);
    }

    private static double[] Times(Series series) =>
        [.. series.Values.Select(value => series.HigherIsBetter ? 1 / value : value)];
}
