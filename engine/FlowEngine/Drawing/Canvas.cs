using System.Runtime.InteropServices;

using CommunityToolkit.HighPerformance;

using FlowEngine.Data;

namespace FlowEngine.Drawing;

/// <summary>A white picture to draw on. What falls outside is cut off.</summary>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
internal sealed class Canvas(int width, int height)
{
    private readonly Color[] _pixels = [.. Enumerable.Repeat(Color.White, Image.CheckedLength(height, width, 3) / 3)];

    private Span2D<Color> Pixels => new(_pixels, height, width);

    /// <summary>Colors a pixel.</summary>
    /// <param name="x">Column, from the left.</param>
    /// <param name="y">Row, from the top.</param>
    /// <param name="color">The color.</param>
    /// <param name="opacity">How much of it over what is there, 0 to 1.</param>
    public void Dot(int x, int y, Color color, double opacity = 1)
    {
        if ((uint)x < (uint)width && (uint)y < (uint)height)
        {
            ref Color pixel = ref Pixels[y, x];
            pixel = pixel.Mix(color, opacity);
        }
    }

    /// <summary>Draws a picture, of 1 or 3 channels.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="left">Its left column here.</param>
    /// <param name="top">Its top row here.</param>
    public void Draw(Image picture, int left, int top)
    {
        ReadOnlySpan<byte> pixels = picture.Pixels;
        int channels = picture.Channels;
        for (int i = 0; i < picture.Height * picture.Width; i++)
        {
            ReadOnlySpan<byte> pixel = pixels.Slice(i * channels, channels);
            Dot(left + (i % picture.Width), top + (i / picture.Width), new Color(pixel[0], pixel[channels / 2], pixel[^1]));
        }
    }

    /// <summary>Fills a rectangle.</summary>
    public void Fill(int left, int top, int columns, int rows, Color color)
    {
        (int x, int y) = (Math.Clamp(left, 0, width), Math.Clamp(top, 0, height));
        (int right, int bottom) = (Math.Clamp(left + columns, x, width), Math.Clamp(top + rows, y, height));
        Pixels.Slice(y, x, bottom - y, right - x).Fill(color);
    }

    /// <summary>Draws the edge of a rectangle, one pixel wide.</summary>
    public void Frame(int left, int top, int columns, int rows, Color color)
    {
        Fill(left, top, columns, 1, color);
        Fill(left, top + rows - 1, columns, 1, color);
        Fill(left, top, 1, rows, color);
        Fill(left + columns - 1, top, 1, rows, color);
    }

    /// <summary>Writes a line of text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="x">Where it stands: its left end at anchor 0, its middle at 0.5, its right end at 1.</param>
    /// <param name="top">Its top row.</param>
    /// <param name="anchor">0 to 1.</param>
    /// <param name="scale">Pixels of the picture a pixel of the letters.</param>
    /// <param name="isUpright">True to write from below to above; x is then a row, and top a column.</param>
    public void Text(string text, int x, int top, double anchor, int scale, bool isUpright = false)
    {
        int advance = (PixelFont.Width + 1) * scale;
        int start = (int)Math.Round(anchor * (text.Length * advance - scale));
        for (int i = 0; i < text.Length; i++)
        {
            for (int p = 0; p < PixelFont.Width * PixelFont.Height; p++)
            {
                (int glyphX, int glyphY) = (p % PixelFont.Width, p / PixelFont.Width);
                if (PixelFont.IsInked(text[i], glyphX, glyphY))
                {
                    int along = i * advance + glyphX * scale - start;
                    int across = top + glyphY * scale;
                    (int left, int upper) = isUpright ? (across, x - along - scale + 1) : (x + along, across);
                    Fill(left, upper, scale, scale, Color.Ink);
                }
            }
        }
    }

    /// <summary>A copy of the picture.</summary>
    public Image ToImage() => new(height, width, 3, MemoryMarshal.AsBytes<Color>(_pixels).ToArray());
}
