using FlowEngine.Drawing;

namespace FlowEngine.Training;

/// <summary>The curves of a run, drawn from its metrics.</summary>
internal static class RunPlots
{
    private const double Width = 540;
    private const double Height = 300;
    private const int MostPoints = 400;
    private const int MostDots = 40;

    // Of the lines of a run: as wide is the window of the smoothed curve.
    private const int WindowPart = 16;

    /// <summary>Training loss, as it was measured and smoothed, and held-out loss.</summary>
    /// <param name="metrics">The lines of a run.</param>
    /// <param name="unit">The unit of a loss.</param>
    /// <param name="heldOut">What the held-out data are called.</param>
    /// <param name="seen">What the horizontal axis counts.</param>
    public static string Loss(IReadOnlyList<RunMetrics> metrics, string unit, string heldOut, string seen)
    {
        (double X, double Y)[] training = [.. Finite(metrics.OfType<TrainMetrics>().Select(line => ((double)line.Samples, line.Loss)))];
        (double X, double Y)[] smoothed = Smoothed(training);
        (double X, double Y)[] judged = [.. Finite(metrics.OfType<EvalMetrics>().Select(line => ((double)line.Samples, line.Loss)))];
        if (training.Length + judged.Length == 0)
        {
            return string.Empty;
        }

        // The first updates are far off: the top twentieth is left out, so that the rest can be told apart.
        double[] sorted = [.. training.Concat(judged).Select(point => point.Y).Order()];
        double high = sorted.Length < 20 ? sorted[^1] : sorted[sorted.Length * 19 / 20];
        SvgPlot plot = Begin([.. training, .. judged], Widened(sorted[0], high));
        plot.TicksY();
        if (judged.Length > 0)
        {
            plot.Name(heldOut, HtmlPage.Orange);
        }

        plot.Name("smoothed", HtmlPage.Blue);
        plot.Name("training", HtmlPage.Blue, 0.35);
        plot.Line(Thinned(training).SkipWhile(point => point.Y > high), HtmlPage.Blue, 0.35);
        plot.Line(Thinned(smoothed).SkipWhile(point => point.Y > high), HtmlPage.Blue);
        plot.Line(Thinned(judged), HtmlPage.Orange);
        if (judged.Length <= MostDots)
        {
            plot.Dots(judged, HtmlPage.Orange);
        }

        return plot.Draw("training and held-out loss", seen, unit);
    }

    /// <summary>Norms of the gradient before clipping, over a logarithmic axis, and what they are clipped at.</summary>
    /// <param name="metrics">The lines of a run.</param>
    /// <param name="clip">The largest norm; 0 for no limit.</param>
    /// <param name="seen">What the horizontal axis counts.</param>
    public static string GradientNorm(IReadOnlyList<RunMetrics> metrics, double clip, string seen)
    {
        (double X, double Y)[] norms =
        [
            .. Finite(metrics.OfType<TrainMetrics>()
                .Select(line => ((double)line.Samples, Math.Log10(line.GradientNorm)))),
        ];
        if (norms.Length == 0)
        {
            return string.Empty;
        }

        double[] shown = [.. norms.Select(point => point.Y), .. clip > 0 ? (double[])[Math.Log10(clip)] : []];
        (double Low, double High) range = Widened(shown.Min(), shown.Max());
        SvgPlot plot = Begin(norms, range);
        foreach ((double log, string text) in Axis.LogTicks(range.Low, range.High))
        {
            plot.TickY(log, text);
        }

        if (clip > 0)
        {
            plot.Name("clipped at", HtmlPage.Orange);
            plot.Line([(0, Math.Log10(clip)), (norms[^1].X, Math.Log10(clip))], HtmlPage.Orange);
        }

        plot.Name("norm", HtmlPage.Blue);
        plot.Line(Thinned(norms), HtmlPage.Blue);
        return plot.Draw("norm of the gradient", seen, "gradient norm");
    }

    /// <summary>A figure of the lines, from 0 up.</summary>
    /// <param name="metrics">The lines of a run.</param>
    /// <param name="figure">The figure of a line.</param>
    /// <param name="name">What it is, with its unit.</param>
    /// <param name="seen">What the horizontal axis counts.</param>
    public static string Figure(
        IReadOnlyList<RunMetrics> metrics, Func<TrainMetrics, double> figure, string name, string seen)
    {
        (double X, double Y)[] points =
            [.. Finite(metrics.OfType<TrainMetrics>().Select(line => ((double)line.Samples, figure(line))))];
        if (points.Length == 0)
        {
            return string.Empty;
        }

        SvgPlot plot = Begin(points, (0, Widened(0, points.Max(point => point.Y)).High));
        plot.TicksY();
        plot.Line(Thinned(points), HtmlPage.Blue);
        return plot.Draw(name, seen, name);
    }

    /// <summary>The mean of each point and its neighbors, as many before it as after it.</summary>
    /// <param name="points">The points in their order.</param>
    public static (double X, double Y)[] Smoothed((double X, double Y)[] points)
    {
        int half = points.Length / WindowPart / 2;
        double[] sums = new double[points.Length + 1];
        for (int i = 0; i < points.Length; i++)
        {
            sums[i + 1] = sums[i] + points[i].Y;
        }

        return
        [
            .. points.Select((point, i) =>
            {
                int reach = Math.Min(half, Math.Min(i, points.Length - 1 - i));
                return (point.X, (sums[i + reach + 1] - sums[i - reach]) / ((2 * reach) + 1));
            }),
        ];
    }

    private static SvgPlot Begin((double X, double Y)[] points, (double Low, double High) range)
    {
        SvgPlot plot = new(Width, Height, (0, Math.Max(1, points.Max(point => point.X))), range);
        plot.TicksX();
        return plot;
    }

    private static (double Low, double High) Widened(double low, double high)
    {
        double margin = Math.Max(0.05 * (high - low), Math.Max(1e-3 * Math.Abs(high), 1e-9));
        return (low - margin, high + margin);
    }

    /// <summary>No more points than can be told apart: of a long run means of neighbors.</summary>
    private static IEnumerable<(double X, double Y)> Thinned((double X, double Y)[] points)
    {
        int together = Math.Max(1, points.Length / MostPoints);
        return points.Chunk(together).Select(chunk => (chunk[^1].X, chunk.Average(point => point.Y)));
    }

    private static IEnumerable<(double X, double Y)> Finite(IEnumerable<(double X, double Y)> points) =>
        points.Where(point => double.IsFinite(point.Y));
}
