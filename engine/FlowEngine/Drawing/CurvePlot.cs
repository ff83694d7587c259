using System.Globalization;
using System.Net;
using System.Text;

namespace FlowEngine.Training;

/// <summary>Draws curves over data seen as an SVG picture.</summary>
internal static class CurvePlot
{
    private const double Width = 720;
    private const double Height = 320;
    private const double Left = 56;
    private const double Right = 16;
    private const double Top = 16;
    private const double Bottom = 40;
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
        StringBuilder svg = new();
        svg.Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Text(unit)}\">"));
        for (int tick = 0; tick <= Ticks; tick++)
        {
            double part = (double)tick / Ticks;
            double value = low + part * (high - low);
            double y = MapY(value);
            double x = MapX(part * lastX);
            svg.Append(Invariant(
                $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:F1}\" y2=\"{y:F1}\"/>"));
            svg.Append(Invariant(
                $"<text x=\"{Left - 6}\" y=\"{y + 4:F1}\" text-anchor=\"end\">{value:0.###}</text>"));
            svg.Append(Invariant(
                $"<text x=\"{x:F1}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{part * lastX:#,0}</text>"));
        }

        double nameX = Width - Right - 4;
        double nameY = Top + 14;
        foreach ((string name, string color, IReadOnlyList<(double X, double Y)> points) in curves)
        {
            string line = string.Join(
                ' ', Finite(points).Select(p => Invariant($"{MapX(p.X):F1},{MapY(Math.Clamp(p.Y, low, high)):F1}")));
            svg.Append(Invariant(
                $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\" points=\"{line}\"/>"));
            svg.Append(Invariant(
                $"<text x=\"{nameX}\" y=\"{nameY}\" text-anchor=\"end\" fill=\"{color}\">{Text(name)}</text>"));
            nameY += 16;
        }

        svg.Append(Invariant(
            $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">{Text(seen)}</text>"));
        svg.Append("</svg>");
        return svg.ToString();

        double MapX(double x) => Left + x / lastX * (Width - Left - Right);

        double MapY(double y) => Height - Bottom - (y - low) / (high - low) * (Height - Top - Bottom);
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

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
