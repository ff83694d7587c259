namespace FlowEngine.Drawing;

/// <summary>Draws curves over data seen as an SVG picture.</summary>
internal static class CurvePlot
{
    private const int Ticks = 5;

    /// <summary>Draws the finite points of some curves.</summary>
    /// <param name="unit">What the vertical axis shows.</param>
    /// <param name="seen">What the horizontal axis counts.</param>
    /// <param name="curves">Name, CSS color and points of each.</param>
    /// <returns>The <c>svg</c> element; a sentence where there is no point.</returns>
    public static string Draw(
        string unit,
        string seen,
        params IReadOnlyList<(string Name, string Color, IReadOnlyList<(double X, double Y)> Points)> curves)
    {
        (double X, double Y)[] all = [.. curves.SelectMany(curve => Finite(curve.Points))];
        if (all.Length == 0)
        {
            return "<p>Nothing is recorded yet.</p>";
        }

        double lastX = Math.Max(1, all.Max(point => point.X));
        (double low, double high) = Range([.. all.Select(point => point.Y).Order()]);
        SvgPlot plot = new(720, 320, (0, lastX), (low, high));
        for (int tick = 0; tick <= Ticks; tick++)
        {
            double part = (double)tick / Ticks;
            double value = low + part * (high - low);
            plot.TickY(value, HtmlPage.Invariant($"{value:0.###}"));
            plot.TickX(part * lastX, HtmlPage.Invariant($"{part * lastX:#,0}"));
        }

        foreach ((string name, string color, IReadOnlyList<(double X, double Y)> points) in curves)
        {
            plot.Line(Finite(points), color);
            plot.Name(name, color);
        }

        return plot.Draw(unit, seen);
    }

    /// <summary>The first updates are far off: the top twentieth is cut, so that the rest can be told apart.</summary>
    private static (double Low, double High) Range(double[] sorted)
    {
        double low = sorted[0];
        double high = sorted.Length < 20 ? sorted[^1] : sorted[sorted.Length * 19 / 20];
        double margin = Math.Max(0.05 * (high - low), 1e-3);
        return (low - margin, high + margin);
    }

    private static IEnumerable<(double X, double Y)> Finite(IReadOnlyList<(double X, double Y)> points) =>
        points.Where(point => double.IsFinite(point.Y));
}
