using System.Globalization;

using FlowEngine.Data;

namespace FlowEngine.Drawing;

/// <summary>Scores at positions of a picture, drawn over it.</summary>
internal static class HeatMap
{
    private const int LeastWidth = 208;
    private const int WidthOfLetters = 400;
    private const int Margin = 4;
    private const int BarHeight = 8;
    private const double Opacity = 0.6;

    /// <summary>Draws scores over a picture, which becomes grey, and the color scale below it.</summary>
    /// <remarks>
    /// Colors go from 0, dark violet, to twice the threshold and more, yellow, so that pictures of one detector can be
    /// compared. A white line surrounds what is above the threshold. Between the middles of the positions scores are bilinear.
    /// </remarks>
    /// <param name="picture">Of 1 or 3 channels; one of fewer than 208 columns is enlarged by a whole factor.</param>
    /// <param name="scores">(rows, columns), 0 or more.</param>
    /// <param name="rows">Rows of positions, which cover the picture.</param>
    /// <param name="columns">Columns of positions.</param>
    /// <param name="threshold">Above it is an anomaly.</param>
    public static Image Draw(Image picture, double[] scores, int rows, int columns, double threshold)
    {
        int factor = (LeastWidth + picture.Width - 1) / picture.Width;
        (int height, int width) = (picture.Height * factor, picture.Width * factor);
        int letter = Math.Max(1, width / WidthOfLetters);
        int below = letter * (BarHeight + PixelFont.Height + (3 * Margin));
        double[] map = Enlarge(scores, rows, columns, height, width);
        Canvas canvas = new(width, height + below);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                canvas.Dot(x, y, Gray(picture, x / factor, y / factor));
                canvas.Dot(x, y, Color.OfScale(map[(y * width) + x] / (2 * threshold)), Opacity);
                if (IsEdge(map, height, width, x, y, letter, threshold))
                {
                    canvas.Dot(x, y, Color.White);
                }
            }
        }

        DrawScale(canvas, width, height + (letter * Margin), letter, threshold);
        return canvas.ToImage();
    }

    /// <summary>Scores of pixels, bilinear between the middles of positions.</summary>
    /// <param name="scores">(rows, columns).</param>
    /// <param name="rows">Rows of positions.</param>
    /// <param name="columns">Columns of positions.</param>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Columns of pixels.</param>
    /// <returns>(height, width).</returns>
    public static double[] Enlarge(double[] scores, int rows, int columns, int height, int width)
    {
        double[] map = new double[height * width];
        for (int y = 0; y < height; y++)
        {
            (int above, int under, double down) = Between(y, height, rows);
            for (int x = 0; x < width; x++)
            {
                (int left, int right, double along) = Between(x, width, columns);
                double upper = double.Lerp(scores[(above * columns) + left], scores[(above * columns) + right], along);
                double lower = double.Lerp(scores[(under * columns) + left], scores[(under * columns) + right], along);
                map[(y * width) + x] = double.Lerp(upper, lower, down);
            }
        }

        return map;
    }

    /// <summary>The positions around a pixel, and how far it is from the first to the second.</summary>
    private static (int First, int Second, double Part) Between(int pixel, int pixels, int positions)
    {
        double at = Math.Clamp(((pixel + 0.5) * positions / pixels) - 0.5, 0, positions - 1);
        int first = (int)at;
        return (first, Math.Min(first + 1, positions - 1), at - first);
    }

    /// <summary>True above the threshold, next to what is not.</summary>
    private static bool IsEdge(double[] map, int height, int width, int x, int y, int reach, double threshold)
    {
        return IsAbove(x, y)
            && !(IsAbove(x - reach, y) && IsAbove(x + reach, y) && IsAbove(x, y - reach) && IsAbove(x, y + reach));

        bool IsAbove(int column, int row) =>
            map[(Math.Clamp(row, 0, height - 1) * width) + Math.Clamp(column, 0, width - 1)] > threshold;
    }

    private static Color Gray(Image picture, int x, int y)
    {
        ReadOnlySpan<byte> pixel = picture.Pixels.AsSpan(((y * picture.Width) + x) * picture.Channels, picture.Channels);
        byte level = (byte)((pixel[0] + pixel[picture.Channels / 2] + pixel[^1]) / 3);
        return new Color(level, level, level);
    }

    private static void DrawScale(Canvas canvas, int width, int top, int letter, double threshold)
    {
        int bar = BarHeight * letter;
        for (int x = 0; x < width; x++)
        {
            canvas.Fill(x, top, 1, bar, Color.OfScale((x + 0.5) / width));
        }

        canvas.Fill((width - letter) / 2, top - letter, letter, bar + (2 * letter), Color.Ink);
        int text = top + bar + (Margin * letter);
        canvas.Text("0", letter, text, anchor: 0, letter);
        canvas.Text($"threshold {Number(threshold)}", width / 2, text, anchor: 0.5, letter);
        canvas.Text($">={Number(2 * threshold)}", width - letter, text, anchor: 1, letter);
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
