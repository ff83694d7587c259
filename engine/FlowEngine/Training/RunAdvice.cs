using FlowEngine.Drawing;

namespace FlowEngine.Training;

/// <summary>What the metrics of a run say of it, and what to try next.</summary>
internal static class RunAdvice
{
    private const int FewestLines = 12;

    // Bits per dimension: less is told from chance by nobody who looks at a curve.
    private const double Notable = 0.01;
    private const double FirstDecay = 0.1;
    private const double Rise = 0.1;
    private const double SpikeByMedian = 10;

    /// <summary>Sentences, the most important first; options of <c>flow train</c> stand between backticks.</summary>
    /// <param name="config">The run.</param>
    /// <param name="metrics">Its lines.</param>
    public static IReadOnlyList<string> Of(RunConfig config, IReadOnlyList<RunMetrics> metrics)
    {
        TrainMetrics[] lines = [.. metrics.OfType<TrainMetrics>().Where(line => double.IsFinite(line.BitsPerDim))];
        EvalMetrics[] judged = [.. metrics.OfType<EvalMetrics>().Where(line => double.IsFinite(line.BitsPerDim))];
        if (lines.Length == 0)
        {
            return [];
        }

        List<string> said = [.. Steadiness(config.Training, metrics.OfType<TrainMetrics>().Last(), lines)];
        if (lines.Length < FewestLines)
        {
            said.Add("The run is too short to tell how its loss goes: train longer.");
            return said;
        }

        string? overfit = Overfit(config, lines, judged);
        said.Add(overfit ?? Trend(config, lines));
        return said;
    }

    /// <summary>Updates that were left out, spikes, and what was done of them.</summary>
    private static IEnumerable<string> Steadiness(TrainerOptions training, TrainMetrics last, TrainMetrics[] lines)
    {
        string smaller = HtmlPage.Invariant($"a smaller learning rate (`--lr {training.Rate / 3:G1}`) is steadier");
        if (last.Skipped > 0)
        {
            yield return HtmlPage.Invariant(
                $"{last.Skipped:#,0} of {last.Update:#,0} updates were left out, because their loss or gradient was not finite: {smaller}.");
        }

        double[] norms = [.. lines.Select(line => line.GradientNorm).Where(double.IsFinite).Order()];
        if (norms.Length > 0 && norms[^1] > SpikeByMedian * norms[norms.Length / 2])
        {
            yield return HtmlPage.Invariant(
                $"The gradient norm rose to {norms[^1]:G3}; half of the lines are below {norms[norms.Length / 2]:G3}. ")
                + (training.Clip > 0
                    ? HtmlPage.Invariant($"Gradients above {training.Clip} were scaled down to it.")
                    : "Nothing bounds it: `--clip 1` does.");
        }

        (double X, double Y)[] loss = RunPlots.Smoothed([.. lines.Select(line => ((double)line.Samples, line.BitsPerDim))]);
        (double lowest, double largest, double at) = (double.PositiveInfinity, 0, 0);
        foreach ((double x, double y) in loss)
        {
            lowest = Math.Min(lowest, y);
            (largest, at) = y - lowest > largest ? (y - lowest, x) : (largest, at);
        }

        if (largest > Rise)
        {
            yield return HtmlPage.Invariant(
                $"The training loss rose by {largest:0.00} bits per dimension on its way, most of it before {at:#,0}: {smaller}.");
        }
    }

    private static string? Overfit(RunConfig config, TrainMetrics[] lines, EvalMetrics[] judged)
    {
        EvalMetrics? best = judged.MinBy(line => line.BitsPerDim);
        if (best is null)
        {
            return null;
        }

        // Evaluations may be of different numbers of samples.
        double chance = 2 * double.Hypot(best.BitsPerDimStandardError, judged[^1].BitsPerDimStandardError);
        if (!(judged[^1].BitsPerDim - best.BitsPerDim > Math.Max(chance, Notable)))
        {
            return null;
        }

        double share = (double)best.Samples / lines[^1].Samples;
        double decay = config.Training.WeightDecay > 0 ? 2 * config.Training.WeightDecay : FirstDecay;
        string kept = config.Limits.Patience is null
            ? "The model for use has the last weights: train for less (" + Longer(config.Limits, share) + "), or end by `--patience`"
            : "The model for use has the weights from there. To do better, try more data";
        return HtmlPage.Invariant(
            $"The {config.Model.Unit.HeldOut} loss was lowest after {best.Samples:#,0} {config.Model.Unit.Plural}, and rose by {judged[^1].Loss - best.Loss:0.###} {config.Model.Unit.Likelihood} since: the model learns its training data by heart. ")
            + HtmlPage.Invariant($"{kept}, a smaller model (`--hidden`), or `--optimizer adamw --lr {config.Training.Rate} --weight-decay {decay}`.");
    }

    /// <summary>How much the loss fell over a quarter of the run in which the learning rate did not.</summary>
    private static string Trend(RunConfig config, TrainMetrics[] lines)
    {
        bool isCooled = config.Training.Schedule == Schedule.Cooldown;
        (double before, double after) = isCooled ? (Quarter(1), Quarter(2)) : (Quarter(2), Quarter(3));
        double fall = before - after;
        double unit = config.Model.Unit.IsInNats ? config.Model.Options.Dims * Math.Log(2) : 1;
        string when = isCooled ? "in the third quarter of the run, before the learning rate fell," : "in the last quarter of the run";
        return fall > Notable * unit
            ? HtmlPage.Invariant($"The training loss still fell {when} by {fall:0.###} {config.Model.Unit.Likelihood}: ")
                + $"a run of twice the length ({Longer(config.Limits, 2)}) should end lower."
            : HtmlPage.Invariant($"The training loss was flat {when} within {Notable * unit:0.###} {config.Model.Unit.Likelihood}: ")
                + "a longer run changes little, a larger model may do better (`flow train --help` has its sizes).";

        double Quarter(int index) => lines
            .Where(line => line.Samples > index * lines[^1].Samples / 4 && line.Samples <= (index + 1) * lines[^1].Samples / 4)
            .Select(line => line.Loss)
            .DefaultIfEmpty(lines[^1].Loss)
            .Average();
    }

    /// <summary>The limit of a run of another length.</summary>
    private static string Longer(RunLimits limits, double factor) => limits switch
    {
        { Minutes: double minutes } => HtmlPage.Invariant($"`--minutes {minutes * factor:G3}`"),
        { Samples: long samples } => HtmlPage.Invariant($"`--samples {Math.Ceiling(samples * factor):0}`"),
        _ => HtmlPage.Invariant($"`--epochs {Math.Max(1, Math.Ceiling((limits.Epochs ?? 1) * factor)):0}`"),
    };
}
