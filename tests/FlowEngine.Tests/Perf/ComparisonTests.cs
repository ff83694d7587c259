using FlowEngine.Compare;

using Xunit;

namespace FlowEngine.Tests.Perf;

public sealed class ComparisonTests
{
    private const double Threshold = 0.05;

    [Theory]
    [InlineData(0.02, 10)]
    [InlineData(0.03, 15)]
    [InlineData(0.04, 15)]
    public void A_planted_slowdown_of_a_fifth_is_caught(double noise, int rounds)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            (Series before, Series after) = NoisySeries.Times(seed, rounds, noise, slowdown: 1.2);
            Assert.Equal(Verdict.Slower, Judge(before, after).Verdict);
            Assert.Equal(Verdict.Slower, Judge(NoisySeries.AsRate(before), NoisySeries.AsRate(after)).Verdict);
        }
    }

    [Theory]
    [InlineData(0.02, 5)]
    [InlineData(0.03, 10)]
    [InlineData(0.03, 15)]
    public void The_same_build_twice_raises_no_alarm(double noise, int rounds)
    {
        int alarms = Enumerable.Range(1000, 200).Count(seed =>
        {
            (Series before, Series after) = NoisySeries.Times(seed, rounds, noise, slowdown: 1);
            return Judge(before, after).IsFailure;
        });
        Assert.Equal(0, alarms);
    }

    [Fact]
    public void False_alarms_and_misses_are_as_rare_as_stated()
    {
        const int Trials = 20_000;

        int alarms = Failures(slowdown: 1);
        Assert.True(alarms < Trials / 2000, $"{alarms} of {Trials}");
        int misses = Trials - Failures(slowdown: 1.2);
        Assert.True(misses < Trials / 2000, $"{misses} of {Trials}");

        static int Failures(double slowdown) => Enumerable.Range(0, Trials).Count(seed =>
        {
            (Series before, Series after) = NoisySeries.Times(seed, rounds: 15, noise: 0.03, slowdown);
            return Judge(before, after).IsFailure;
        });
    }

    [Fact]
    public void An_improvement_is_not_a_failure()
    {
        (Series before, Series after) = NoisySeries.Times(seed: 1, rounds: 10, noise: 0.03, slowdown: 0.8);
        Comparison comparison = Judge(before, after);
        Assert.Equal(Verdict.Faster, comparison.Verdict);
        Assert.False(comparison.IsFailure);
        Assert.True(comparison.Ratio is > 0.75 and < 0.85, $"{comparison.Ratio}");
    }

    [Fact]
    public void A_slowdown_below_the_threshold_is_not_a_failure()
    {
        (Series before, _) = NoisySeries.Times(seed: 1, rounds: 10, noise: 0.03, slowdown: 1);
        Series after = before with { Values = [.. before.Values.Select(value => value * 1.049)] };
        Comparison comparison = Judge(before, after);
        Assert.Equal(Verdict.Same, comparison.Verdict);
        Assert.Equal(1.049, comparison.Ratio!.Value, 1e-9);
        Assert.True(comparison.Noise <= 1e-9, $"{comparison.Noise}");
    }

    [Fact]
    public void A_slowdown_within_the_noise_is_not_a_failure_and_is_called_noisy()
    {
        double[] head = [1.1, 0.7, 1.1, 1.5, 1.1, 0.7, 1.1, 1.5, 1.1, 0.8];
        Comparison comparison = Judge(Times([.. Enumerable.Repeat(1.0, 10)]), Times(head));
        Assert.Equal(1.1, comparison.Ratio!.Value, 1e-9);
        Assert.True(comparison.Noise > 0.2, $"{comparison.Noise}");
        Assert.Equal(Verdict.Noisy, comparison.Verdict);
        Assert.False(comparison.IsFailure);
    }

    [Fact]
    public void The_noise_is_that_of_the_stated_formula()
    {
        // ln ratios -2, -1, 0, 1, 2 hundredths: median 0, median deviation 1 hundredth.
        double[] head = [.. new[] { 0.01, -0.02, 0, 0.02, -0.01 }.Select(Math.Exp)];
        var paired = PairedRatio.From([1, 1, 1, 1, 1], head);
        double expected = 4.604 * 1.2533 * 1.4826 * 0.01 * 5 / 4.2 / Math.Sqrt(5);
        Assert.Equal(1, paired.Ratio, 1e-12);
        Assert.Equal(Math.Exp(expected) - 1, paired.Noise, 1e-12);
    }

    [Fact]
    public void Too_few_or_unequal_rounds_are_refused()
    {
        (Series before, Series after) = NoisySeries.Times(seed: 1, rounds: 4, noise: 0.03, slowdown: 1);
        Assert.Contains("at least 5", Refusal(before, after), StringComparison.Ordinal);
        (before, after) = NoisySeries.Times(seed: 1, rounds: 8, noise: 0.03, slowdown: 1);
        Assert.Contains(
            "8 rounds of the base and 7", Refusal(before, Times([.. after.Values.Skip(1)])), StringComparison.Ordinal);
        Assert.Contains("in s in the base and in ms", Refusal(before, after with { Unit = "ms" }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_benchmark_that_is_gone_is_a_failure_and_a_new_one_is_not()
    {
        (Series before, Series after) = NoisySeries.Times(seed: 1, rounds: 10, noise: 0.03, slowdown: 1);
        IReadOnlyList<Comparison> comparisons = Comparison.Of(
            [before with { Benchmark = "gone" }, before], [after with { Benchmark = "new" }, after], Threshold);
        Assert.Equal(
            [("gone", Verdict.Missing), ("time", Verdict.Same), ("new", Verdict.New)],
            comparisons.Select(comparison => (comparison.Benchmark, comparison.Verdict)));
        Assert.Equal([true, false, false], comparisons.Select(comparison => comparison.IsFailure));
    }

    private static Comparison Judge(Series before, Series after) =>
        Assert.Single(Comparison.Of([before], [after], Threshold));

    private static string Refusal(Series before, Series after) =>
        Assert.Throws<CompareException>(() => Comparison.Of([before], [after], Threshold)).Message;

    private static Series Times(IReadOnlyList<double> values) => new("time", "s", HigherIsBetter: false, values);
}
