using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Drawing;
using FlowEngine.Models;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>What a report says of a run.</summary>
public sealed class RunReportTests
{
    private const int Lines = 80;

    [Fact]
    public void A_loss_that_falls_asks_for_a_longer_run_and_one_that_is_flat_does_not()
    {
        Assert.Contains("still fell", Assert.Single(Advice(part => 4 - part)), StringComparison.Ordinal);
        Assert.Contains("`--epochs 20`", Advice(part => 4 - part)[0], StringComparison.Ordinal);
        Assert.Contains("`--minutes 5`", Advice(part => 4 - part, limits: new RunLimits(null, null, 2.5))[0], StringComparison.Ordinal);

        // What falls with the learning rate in the last quarter says nothing of a longer run.
        Assert.Contains("was flat", Assert.Single(Advice(part => part > 0.75 ? 2 - part : 2)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_held_out_loss_that_rises_is_told()
    {
        string said = Assert.Single(Advice(part => 4 - part, heldOut: part => 3 + Math.Abs(part - 0.4)));
        Assert.Contains("lowest after 4,000 images, and rose by 0.6 bits/dim since", said, StringComparison.Ordinal);
        Assert.Contains("`--epochs 4`", said, StringComparison.Ordinal);

        // Within what chance does, it is not.
        Assert.Contains("still fell", Assert.Single(Advice(part => 4 - part, heldOut: part => 3 + (0.05 * part))), StringComparison.Ordinal);
    }

    [Fact]
    public void Spikes_and_what_was_left_out_are_told_first()
    {
        IReadOnlyList<string> said = Advice(part => Math.Abs(part - 0.5) < 0.1 ? 3 : 2, norm: part => part == 0.5 ? 90 : 1, skipped: 3);
        Assert.Equal(4, said.Count);
        Assert.Contains("3 of 80 updates were left out", said[0], StringComparison.Ordinal);
        Assert.Contains("rose to 90; half of the lines are below 1. Gradients above 1 were scaled", said[1], StringComparison.Ordinal);
        Assert.Contains("rose by 1.00 bits per dimension", said[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_few_lines_is_too_short_to_tell() => Assert.Contains(
        "too short", Assert.Single(RunAdvice.Of(Config(new RunLimits(1, null, null)), [Line(0.1, 3, 1, 0)])), StringComparison.Ordinal);

    [Fact]
    public void Smoothing_keeps_a_line_and_lessens_noise()
    {
        (double X, double Y)[] line = [.. Enumerable.Range(0, Lines).Select(i => ((double)i, 3.0 * i))];
        Assert.All(RunPlots.Smoothed(line), point => Assert.Equal(3 * point.X, point.Y, 1e-9));
        (double X, double Y)[] noise = [.. Enumerable.Range(0, Lines).Select(i => ((double)i, i % 2 == 0 ? 1.0 : -1))];
        Assert.All(RunPlots.Smoothed(noise)[5..^5], point => Assert.True(Math.Abs(point.Y) <= 0.25));
    }

    [Theory]
    [InlineData(0, new double[] { 1, 2, 2, 3 }, new double[] { 1, 2, 2, 3 })]
    [InlineData(1, new double[] { 1, 2 }, new double[] { 3, 4, 5 })]
    [InlineData(0.5, new double[] { 1, 1, 2, 2 }, new double[] { 2, 2 })]
    [InlineData(0.25, new double[] { 1, 2, 3, 4 }, new double[] { 2, 3, 4, 4 })]
    public void The_gap_is_the_largest_difference_of_the_distributions(double gap, double[] first, double[] second)
    {
        Assert.Equal(gap, ColumnPlot.Gap(first, second), 1e-12);
        Assert.Equal(gap, ColumnPlot.Gap(second, first), 1e-12);
    }

    [Fact]
    public void A_column_of_one_value_is_drawn() =>
        Assert.DoesNotContain("NaN", ColumnPlot.Draw("one", [2, 2, 2], [2, 2, 2]), StringComparison.Ordinal);

    private static IReadOnlyList<string> Advice(
        Func<double, double> loss,
        Func<double, double>? heldOut = null,
        Func<double, double>? norm = null,
        long skipped = 0,
        RunLimits? limits = null)
    {
        List<RunMetrics> metrics = [];
        for (int i = 1; i <= Lines; i++)
        {
            double part = (double)i / Lines;
            metrics.Add(Line(part, loss(part), norm?.Invoke(part) ?? 1, skipped));
            if (heldOut is not null && i % 8 == 0)
            {
                metrics.Add(new EvalMetrics((long)(10_000 * part), heldOut(part), 0.02, 100, part));
            }
        }

        return RunAdvice.Of(Config(limits ?? new RunLimits(10, null, null)), metrics);
    }

    private static TrainMetrics Line(double part, double loss, double norm, long skipped) =>
        new((long)Math.Round(Lines * part), (long)(10_000 * part), 0, loss, norm, 1e-3, 100, part, skipped);

    private static RunConfig Config(RunLimits limits)
    {
        GlowOptions sizes = new() { Height = 8, Width = 8, Channels = 1, Bins = 17, Levels = 1, Steps = 1, Hidden = 8 };
        return new RunConfig(
            "digits", new ModelConfig(sizes, IsInitialized: true, DataSchema.AsIs("digits", sizes)), new TrainerOptions(), limits, "cpu", 1);
    }
}
