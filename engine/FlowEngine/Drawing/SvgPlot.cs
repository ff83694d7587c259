using System.Text;

namespace FlowEngine.Drawing;

/// <summary>A plot of a plane as an SVG picture: axes, and what is drawn between them.</summary>
/// <param name="width">Of the picture, in its units.</param>
/// <param name="height">Of the picture.</param>
/// <param name="x">What the picture shows from left to right.</param>
/// <param name="y">What it shows from the bottom up.</param>
internal sealed class SvgPlot(double width, double height, (double Low, double High) x, (double Low, double High) y)
{
    private const double Left = 68;
    private const double Right = 16;
    private const double Top = 32;
    private const double Bottom = 42;
    private const double TitleBaseline = 14;
    private const double Swatch = 16;

    // Of a letter of the largest size that the page's style has; fonts differ.
    private const double LetterWidth = 8.8;

    private readonly StringBuilder _svg = new();
    private double _nameRight = width - Right;

    /// <summary>Draws a tick of the horizontal axis.</summary>
    /// <param name="value">Where.</param>
    /// <param name="text">What it says.</param>
    public void TickX(double value, string text)
    {
        double at = MapX(value);
        Append($"<line class=\"axis\" x1=\"{at:F1}\" x2=\"{at:F1}\" y1=\"{height - Bottom}\" y2=\"{height - Bottom + 4}\"/>");

        // The last one stays in the picture.
        double half = text.Length * LetterWidth / 2;
        Label(Math.Min(at, width - half), height - Bottom + 18, "middle", text);
    }

    /// <summary>Draws a line of the grid and a tick of the vertical axis.</summary>
    /// <param name="value">Where.</param>
    /// <param name="text">What it says.</param>
    public void TickY(double value, string text)
    {
        double at = MapY(value);
        Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{width - Right}\" y1=\"{at:F1}\" y2=\"{at:F1}\"/>");
        Label(Left - 6, at + 4, "end", text);
    }

    /// <summary>Draws ticks at round numbers of the horizontal axis, as many as have room.</summary>
    public void TicksX()
    {
        (double Value, string Text)[] ticks = [.. new Axis(x.Low, x.High, (int)width).Ticks()];
        double room = (width - Left - Right) / Math.Max(1, ticks.Length);
        int every = Math.Max(1, (int)Math.Ceiling(ticks.Select(tick => (tick.Text.Length + 1) * LetterWidth / room).DefaultIfEmpty().Max()));
        for (int i = 0; i < ticks.Length; i += every)
        {
            TickX(ticks[i].Value, ticks[i].Text);
        }
    }

    /// <summary>Draws ticks at round numbers of the vertical axis.</summary>
    /// <param name="inPercent">True for parts of a whole.</param>
    public void TicksY(bool inPercent = false)
    {
        foreach ((double value, string text) in new Axis(y.Low, y.High, (int)height).Ticks())
        {
            TickY(value, inPercent ? HtmlPage.Invariant($"{100 * value:0.###}%") : text);
        }
    }

    /// <summary>Draws a line through points.</summary>
    /// <param name="points">The points; what is above or below the plot is drawn at its edge.</param>
    /// <param name="color">A CSS color.</param>
    /// <param name="opacity">1 for a line that hides what is behind it.</param>
    public void Line(IEnumerable<(double X, double Y)> points, string color, double opacity = 1)
    {
        string path = string.Join(
            ' ', points.Select(p => HtmlPage.Invariant($"{MapX(p.X):F1},{MapY(Math.Clamp(p.Y, y.Low, y.High)):F1}")));
        Append($"<polyline fill=\"none\" style=\"stroke: {color}\" stroke-width=\"1.6\" stroke-opacity=\"{opacity}\" points=\"{path}\"/>");
    }

    /// <summary>Draws points.</summary>
    /// <param name="points">The points; what is above or below the plot is drawn at its edge.</param>
    /// <param name="color">A CSS color.</param>
    public void Dots(IEnumerable<(double X, double Y)> points, string color)
    {
        foreach ((double px, double py) in points)
        {
            Append($"<circle cx=\"{MapX(px):F1}\" cy=\"{MapY(Math.Clamp(py, y.Low, y.High)):F1}\" r=\"3\" style=\"fill: {color}\"/>");
        }
    }

    /// <summary>Draws a bar that stands on the horizontal axis.</summary>
    /// <param name="from">Its left end.</param>
    /// <param name="to">Its right end.</param>
    /// <param name="value">Its height.</param>
    /// <param name="color">A CSS color.</param>
    public void Bar(double from, double to, double value, string color)
    {
        double top = MapY(Math.Clamp(value, y.Low, y.High));
        Append(
            $"<rect x=\"{MapX(from):F1}\" y=\"{top:F1}\" width=\"{MapX(to) - MapX(from):F1}\" height=\"{MapY(y.Low) - top:F1}\" style=\"fill: {color}\" fill-opacity=\"0.55\"/>");
    }

    /// <summary>Draws a line from top to bottom with a name at its top.</summary>
    /// <param name="value">Where.</param>
    /// <param name="text">Its name.</param>
    /// <param name="color">A CSS color.</param>
    public void Mark(double value, string text, string color)
    {
        double at = MapX(value);
        Append($"<line x1=\"{at:F1}\" x2=\"{at:F1}\" y1=\"{Top}\" y2=\"{height - Bottom}\" style=\"stroke: {color}\" stroke-dasharray=\"4 3\"/>");
        bool isRight = at > width / 2;
        Label(isRight ? at - 6 : at + 6, Top + 10, isRight ? "end" : "start", text, color);
    }

    /// <summary>Names a color above the plot, to the left of those named before.</summary>
    /// <param name="name">What is drawn in it.</param>
    /// <param name="color">A CSS color.</param>
    /// <param name="opacity">As it is drawn.</param>
    public void Name(string name, string color, double opacity = 1)
    {
        double start = _nameRight - (name.Length * LetterWidth);
        Label(start, TitleBaseline, "start", name);
        Append(
            $"<rect x=\"{start - Swatch - 4:F1}\" y=\"{TitleBaseline - 6}\" width=\"{Swatch}\" height=\"4\" style=\"fill: {color}\" fill-opacity=\"{opacity}\"/>");
        _nameRight = start - Swatch - 12;
    }

    /// <summary>The picture.</summary>
    /// <param name="title">What it shows, for those who do not see it.</param>
    /// <param name="horizontal">What the horizontal axis is, below it.</param>
    /// <param name="vertical">What the vertical axis is, above it.</param>
    /// <returns>The <c>svg</c> element.</returns>
    public string Draw(string title, string horizontal, string vertical)
    {
        Append($"<line class=\"axis\" x1=\"{Left}\" x2=\"{width - Right}\" y1=\"{height - Bottom}\" y2=\"{height - Bottom}\"/>");
        Label((Left + width - Right) / 2, height - 6, "middle", horizontal);
        Label(2, TitleBaseline, "start", vertical);
        return HtmlPage.Invariant(
            $"<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{HtmlPage.Text(title)}\">{_svg}</svg>");
    }

    private void Label(double left, double baseline, string anchor, string text, string? color = null)
    {
        // The style of the page has its own color of texts, which an attribute does not change.
        string fill = color is null ? string.Empty : $" style=\"fill: {color}\"";
        Append($"<text x=\"{left:F1}\" y=\"{baseline:F1}\" text-anchor=\"{anchor}\"{fill}>{HtmlPage.Text(text)}</text>");
    }

    private double MapX(double value) => Left + ((value - x.Low) / (x.High - x.Low) * (width - Left - Right));

    private double MapY(double value) => height - Bottom - ((value - y.Low) / (y.High - y.Low) * (height - Top - Bottom));

    private void Append(FormattableString text) => _svg.Append(HtmlPage.Invariant(text));
}
