namespace FlowEngine.Kernels.Device;

/// <summary>The 3x3 neighborhood of a pixel, for kernels to call.</summary>
internal static class Neighbors
{
    /// <summary>The taps of a 3x3 convolution.</summary>
    public const int Taps = 9;

    /// <summary>
    /// The pixel that tap 3i + j of a pixel reads: row + i - 1, column + j - 1 of the same image; -1 outside it.
    /// </summary>
    /// <param name="pixel">The pixel, counted over the whole batch.</param>
    /// <param name="tap">0 to 8.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public static int Of(int pixel, int tap, int height, int width)
    {
        int down = (tap / 3) - 1;
        int right = (tap % 3) - 1;
        int row = (pixel / width % height) + down;
        int column = (pixel % width) + right;
        bool inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? pixel + (down * width) + right : -1;
    }
    /// <summary>An element of the rows, zero outside the image and outside the matrix.</summary>
    /// <param name="source">(B, H, W, Channels).</param>
    /// <param name="rows">The rows.</param>
    /// <param name="pixel">The row.</param>
    /// <param name="column">tap · Gathered + channel.</param>
    public static float Element(
        ReadOnlyGlobalView<float> source, NeighborhoodRows rows, int pixel, int column)
    {
        float value = 0.0f;
        int tap = column / rows.Gathered;
        if (pixel < rows.Pixels && tap < Taps)
        {
            int q = Of(pixel, rows.Mirrored != 0 ? Taps - 1 - tap : tap, rows.Height, rows.Width);
            if (q >= 0)
            {
                value = source[((long)q * rows.Channels) + (column % rows.Gathered)];
            }
        }

        return value;
    }
}
