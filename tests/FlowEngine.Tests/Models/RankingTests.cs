using FlowEngine.Likelihood;
using FlowEngine.Tests.Data;

using FsCheck;
using FsCheck.Fluent;

using Xunit;

namespace FlowEngine.Tests.Models;

public sealed class RankingTests
{
    [Fact]
    public void Auroc_is_the_share_of_pairs_in_order_and_half_of_the_ties()
    {
        Prop.ForAll(Cases(), data =>
        {
            double pairs = 0;
            int count = 0;
            foreach ((double anomaly, _) in data.Where(d => d.IsAnomaly))
            {
                foreach ((double normal, _) in data.Where(d => !d.IsAnomaly))
                {
                    pairs += anomaly > normal ? 1 : anomaly == normal ? 0.5 : 0;
                    count++;
                }
            }

            return Math.Abs(Ranking.Auroc(Scores(data), Labels(data)) - pairs / count) <= 1e-12;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Average_precision_sums_over_the_distinct_thresholds()
    {
        Prop.ForAll(Cases(), data =>
        {
            double sum = 0;
            double recall = 0;
            int anomalies = data.Count(d => d.IsAnomaly);
            foreach (double threshold in data.Select(d => d.Score).Distinct().OrderDescending())
            {
                (double, bool IsAnomaly)[] passed = [.. data.Where(d => d.Score >= threshold)];
                double found = passed.Count(d => d.IsAnomaly);
                sum += (found / anomalies - recall) * (found / passed.Length);
                recall = found / anomalies;
            }

            return Math.Abs(Ranking.AveragePrecision(Scores(data), Labels(data)) - sum) <= 1e-12;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_not_finite_is_the_most_anomalous()
    {
        double[] scores = [1, double.NaN, 2, double.PositiveInfinity, 3];
        Assert.Equal(1, Ranking.Auroc(scores, [false, true, false, true, false]));
        Assert.Equal(1, Ranking.AveragePrecision(scores, [false, true, false, true, false]));
        Assert.Equal(0, Ranking.Auroc(scores, [true, false, true, false, true]));
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    public void One_kind_alone_and_other_lengths_are_refused(int scores, int anomalies)
    {
        bool[] labels = [.. Enumerable.Range(0, 3).Select(i => i < anomalies)];
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument, () => Ranking.Auroc(new double[scores], labels), "both anomalies and normal");
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument, () => Ranking.AveragePrecision(new double[scores], labels), $"{scores} scores");
    }

    /// <summary>A few scores, so that there are ties, and both kinds.</summary>
    private static Arbitrary<(double Score, bool IsAnomaly)[]> Cases() => (
        from count in Gen.Choose(2, 40)
        from scores in Gen.Choose(-4, 4).ArrayOf(count)
        from labels in Gen.Elements(true, false).ArrayOf(count)
        where labels.Distinct().Count() == 2
        select scores.Zip(labels, (score, label) => (score / 4.0, label)).ToArray()).ToArbitrary();

    private static double[] Scores((double Score, bool IsAnomaly)[] data) => Array.ConvertAll(data, d => d.Score);

    private static bool[] Labels((double Score, bool IsAnomaly)[] data) => Array.ConvertAll(data, d => d.IsAnomaly);
}
