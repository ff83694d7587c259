using CommunityToolkit.HighPerformance;

namespace FlowEngine.Data;

/// <summary>Lays images out as one picture to look at.</summary>
public static class ImageGrid
{
    internal const int Gap = 2;

    private const int MinCell = 32;
    private const byte Background = 255;

    /// <summary>Composes images row by row, left to right, with white gaps of two pixels around each.</summary>
    /// <param name="images">At least one; levels 0..bins-1 in H,W,C order, height·width·channels each.</param>
    /// <param name="height">Rows of an image, in pixels.</param>
    /// <param name="width">Columns of an image, in pixels.</param>
    /// <param name="channels">1 or 2 are shown as grey, 3 or 4 as RGB; of 2 or 4 the last, alpha, is dropped.</param>
    /// <param name="columns">Images a row, at least 1.</param>
    /// <param name="bins">Number of levels, 2..256; level bins-1 is shown as 255.</param>
    /// <returns>The picture, of 1 or 3 channels; small images enlarged by a whole factor to 32 pixels.</returns>
    /// <exception cref="FlowException">An argument or a level breaks the rules above.</exception>
    public static Image Compose(
        IReadOnlyList<byte[]> images, int height, int width, int channels, int columns, int bins) =>
        Compose(new ImageDataset("image grid", height, width, channels, bins, [.. images ?? []]), columns);

    /// <summary>Composes a data set row by row, left to right, with white gaps of two pixels around each.</summary>
    /// <param name="images">At least one image, of 1 to 4 channels; alpha, the last of 2 or 4, is dropped.</param>
    /// <param name="columns">Images a row, at least 1.</param>
    /// <returns>The picture, of 1 or 3 channels; small images enlarged by a whole factor to 32 pixels.</returns>
    /// <exception cref="FlowException">There is no image, a channel count above 4, or columns is below 1.</exception>
    public static Image Compose(ImageDataset images, int columns) => Compose(images, columns, MinCell);

    /// <summary>Composes a data set with small images enlarged by a whole factor to a size.</summary>
    internal static Image Compose(ImageDataset images, int columns, int leastCell)
    {
        if (images is null || images.Count == 0 || images.Channels > 4 || columns < 1)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"image grid: {images?.Count ?? 0} images of {images?.Channels ?? 0} channels in {columns} columns, "
                + "expected at least one image, 1 to 4 channels and at least one column");
        }

        columns = Math.Min(columns, images.Count);
        int rows = (images.Count + columns - 1) / columns;
        int channels = images.Channels < 3 ? 1 : 3;
        int smaller = Math.Min(images.Height, images.Width);
        int factor = (leastCell + smaller - 1) / smaller;
        long height = Gap + rows * ((long)images.Height * factor + Gap);
        long width = Gap + columns * ((long)images.Width * factor + Gap);
        byte[] pixels = new byte[Image.CheckedLength(
            (int)Math.Min(height, int.MaxValue), (int)Math.Min(width, int.MaxValue), channels)];
        pixels.AsSpan().Fill(Background);
        Span2D<byte> picture = new(pixels, (int)height, (int)width * channels);
        for (int i = 0; i < images.Count; i++)
        {
            int top = Gap + i / columns * (images.Height * factor + Gap);
            int left = Gap + i % columns * (images.Width * factor + Gap);
            Draw(images, i, factor, channels, picture.Slice(
                top, left * channels, images.Height * factor, images.Width * factor * channels));
        }

        return new Image((int)height, (int)width, channels, pixels);
    }

    /// <summary>Draws an image, enlarged, into its cell of the picture.</summary>
    private static void Draw(ImageDataset images, int index, int factor, int channels, Span2D<byte> cell)
    {
        ReadOnlySpan<byte> image = images[index];
        int last = images.Bins - 1;
        for (int y = 0; y < images.Height; y++)
        {
            Span<byte> row = cell.GetRowSpan(y * factor);
            for (int x = 0; x < images.Width * factor; x++)
            {
                int from = (y * images.Width + x / factor) * images.Channels;
                for (int c = 0; c < channels; c++)
                {
                    row[x * channels + c] = (byte)((image[from + c] * 255 + last / 2) / last);
                }
            }

            for (int copy = 1; copy < factor; copy++)
            {
                row.CopyTo(cell.GetRowSpan(y * factor + copy));
            }
        }
    }
}
