using FlowEngine.Data;

namespace FlowEngine.Drawing;

/// <summary>Draws rows of two columns, a density of them and samples of it, side by side over the same axes.</summary>
internal sealed class DensityPicture
{
    private const int Panel = 384;
    private const int Left = 84;
    private const int Top = 44;
    private const int Bottom = 72;
    private const int Gap = 36;
    private const int Right = 28;
    private const int Bar = 20;
    private const int BarRight = 96;
    private const int TickLength = 6;
    private const int Scale = 2;
    private const int MostPoints = 6_000;
    private const double Margin = 0.08;
    private const double MostStretch = 3;
    private static readonly Color _dataColor = new(31, 90, 170);
    private static readonly Color _sampleColor = new(196, 84, 20);

    private readonly TableDataset _data;
    private readonly Axis _x;
    private readonly Axis _y;

    /// <summary>Chooses the axes by the data.</summary>
    /// <param name="data">Rows of two columns.</param>
    public DensityPicture(TableDataset data)
    {
        _data = data;
        (double Low, double High) x = Range(data, 0);
        (double Low, double High) y = Range(data, 1);
        (double width, double height) = (x.High - x.Low, y.High - y.Low);

        // Where the units are about the same, a circle is shown as a circle.
        if (Math.Max(width, height) <= MostStretch * Math.Min(width, height))
        {
            double larger = Math.Max(width, height);
            x = Widened(x, larger);
            y = Widened(y, larger);
        }

        _x = new Axis(x.Low, x.High, Panel);
        _y = new Axis(y.Low, y.High, Panel);
    }

    /// <summary>The range of the first column that is drawn.</summary>
    public (double Low, double High) X => (_x.Low, _x.High);

    /// <summary>The range of the second column that is drawn.</summary>
    public (double Low, double High) Y => (_y.Low, _y.High);

    /// <summary>The points whose densities <see cref="Draw"/> takes: a row of pixels after another, from the top.</summary>
    public TableDataset Points()
    {
        (Axis horizontal, Axis vertical) = (_x, _y);
        return new TableDataset("grid", _data.Columns, [.. Enumerable.Range(0, Panel * Panel).Select(p => (double[])
            [horizontal.ValueAt(p % Panel), vertical.ValueAt(Panel - 1 - p / Panel)])]);
    }

    /// <summary>Draws the picture.</summary>
    /// <param name="density">Densities at <see cref="Points"/>.</param>
    /// <param name="samples">Rows of the model.</param>
    public Image Draw(double[] density, TableDataset samples)
    {
        const int Barred = Left + Panel + Gap + Panel;

        Canvas canvas = new(Barred + Gap + Bar + BarRight + Panel + Right, Top + Panel + Bottom);
        DrawPanel(canvas, Left, "data", hasNumbers: true);
        DrawPoints(canvas, Left, _data, _dataColor);
        double highest = DrawDensity(canvas, Left + Panel + Gap, density);
        DrawPanel(canvas, Left + Panel + Gap, "density of the model", hasNumbers: false);
        DrawBar(canvas, Barred + Gap / 2, highest);
        int last = Barred + Gap + Bar + BarRight;
        DrawPanel(canvas, last, "samples of the model", hasNumbers: false);
        DrawPoints(canvas, last, samples, _sampleColor);
        return canvas.ToImage();
    }

    private void DrawPanel(Canvas canvas, int left, string title, bool hasNumbers)
    {
        const int TextHeight = PixelFont.Height * Scale;

        canvas.Frame(left - 1, Top - 1, Panel + 2, Panel + 2, Color.Frame);
        canvas.Text(title, left + Panel / 2, Top - TextHeight - 12, 0.5, Scale);
        foreach ((double value, string text) in _x.Ticks())
        {
            int x = left + (int)Math.Round(_x.PixelOf(value));
            canvas.Fill(x, Top + Panel, 1, TickLength, Color.Ink);
            canvas.Text(text, x, Top + Panel + TickLength + 6, 0.5, Scale);
        }

        foreach ((double value, string text) in _y.Ticks())
        {
            int y = Top + Panel - 1 - (int)Math.Round(_y.PixelOf(value));
            canvas.Fill(left - TickLength - 1, y, TickLength, 1, Color.Ink);
            if (hasNumbers)
            {
                canvas.Text(text, left - TickLength - 6, y - TextHeight / 2, 1, Scale);
            }
        }

        canvas.Text(_data.Columns[0], left + Panel / 2, Top + Panel + Bottom - TextHeight - 10, 0.5, Scale);
        if (hasNumbers)
        {
            canvas.Text(_data.Columns[1], Top + Panel / 2, 8, 0.5, Scale, isUpright: true);
        }
    }

    private void DrawPoints(Canvas canvas, int left, TableDataset points, Color color)
    {
        // Few points stand out, many show where they are dense.
        int count = Math.Min(points.Count, MostPoints);
        double opacity = Math.Clamp(2_000.0 / Math.Max(1, count), 0.35, 0.9);
        for (int i = 0; i < count; i++)
        {
            double x = _x.PixelOf(points[i][0]);
            double y = Panel - 1 - _y.PixelOf(points[i][1]);
            if (x >= 0 && x < Panel - 1 && y >= 0 && y < Panel - 1)
            {
                for (int p = 0; p < 4; p++)
                {
                    canvas.Dot(left + (int)x + p % 2, Top + (int)y + p / 2, color, opacity);
                }
            }
        }
    }

    /// <summary>Colors the pixels by their density, up to the highest but for one in a thousand, which it returns.</summary>
    private static double DrawDensity(Canvas canvas, int left, double[] density)
    {
        double[] sorted = [.. density.Order()];
        double highest = Math.Max(sorted[(int)(0.999 * (sorted.Length - 1))], double.Epsilon);
        for (int p = 0; p < density.Length; p++)
        {
            canvas.Dot(left + p % Panel, Top + p / Panel, Color.OfScale(density[p] / highest));
        }

        return highest;
    }

    private static void DrawBar(Canvas canvas, int left, double highest)
    {
        Axis axis = new(0, highest, Panel);
        for (int y = 0; y < Panel; y++)
        {
            canvas.Fill(left, Top + Panel - 1 - y, Bar, 1, Color.OfScale((y + 0.5) / Panel));
        }

        canvas.Frame(left - 1, Top - 1, Bar + 2, Panel + 2, Color.Frame);
        foreach ((double value, string text) in axis.Ticks())
        {
            int y = Top + Panel - 1 - (int)Math.Round(Math.Max(0, axis.PixelOf(value)));
            canvas.Fill(left + Bar + 1, y, TickLength, 1, Color.Ink);
            canvas.Text(text, left + Bar + TickLength + 6, y - PixelFont.Height * Scale / 2, 0, Scale);
        }
    }

    /// <summary>All rows and a margin, but no more for some stray ones than their neighbors need.</summary>
    private static (double Low, double High) Range(TableDataset data, int column)
    {
        double[] sorted = [.. Enumerable.Range(0, data.Count).Select(i => data[i][column]).Order()];
        int stray = data.Count / 200;
        (double inLow, double inHigh) = (sorted[stray], sorted[^(stray + 1)]);
        double width = Math.Max(inHigh - inLow, double.Epsilon);
        double low = Math.Max(sorted[0], inLow - 0.3 * width);
        double high = Math.Min(sorted[^1], inHigh + 0.3 * width);
        return (low - Margin * (high - low), high + Margin * (high - low));
    }

    private static (double Low, double High) Widened((double Low, double High) range, double width)
    {
        double middle = (range.Low + range.High) / 2;
        return (middle - width / 2, middle + width / 2);
    }
}
