namespace FlowEngine.Data;

/// <summary>An image in the middle of a larger one; of an odd border the smaller half is top and left.</summary>
/// <param name="Height">Rows of the image.</param>
/// <param name="Width">Its columns.</param>
/// <param name="Channels">Samples a pixel.</param>
/// <param name="PaddedHeight">Rows of the larger one, at least as many.</param>
/// <param name="PaddedWidth">Its columns.</param>
public readonly record struct ImagePadding(int Height, int Width, int Channels, int PaddedHeight, int PaddedWidth)
{
    /// <summary>Rows above the image.</summary>
    public int Top => (PaddedHeight - Height) / 2;

    /// <summary>Columns to the left of it.</summary>
    public int Left => (PaddedWidth - Width) / 2;

    /// <summary>Puts an image in the middle of a larger one.</summary>
    /// <param name="image">(Height, Width, Channels).</param>
    /// <param name="padded">(PaddedHeight, PaddedWidth, Channels), overwritten.</param>
    /// <param name="border">The value around it.</param>
    public void Pad<T>(ReadOnlySpan<T> image, Span<T> padded, T border)
    {
        int length = Width * Channels;
        padded.Fill(border);
        for (int row = 0; row < Height; row++)
        {
            image.Slice(row * length, length).CopyTo(padded[PaddedIndex(row)..]);
        }
    }

    /// <summary>Takes the image out of the larger one.</summary>
    /// <param name="padded">(PaddedHeight, PaddedWidth, Channels).</param>
    /// <param name="image">(Height, Width, Channels), overwritten.</param>
    public void Crop<T>(ReadOnlySpan<T> padded, Span<T> image)
    {
        int length = Width * Channels;
        for (int row = 0; row < Height; row++)
        {
            padded.Slice(PaddedIndex(row), length).CopyTo(image[(row * length)..]);
        }
    }

    private int PaddedIndex(int row) => (((Top + row) * PaddedWidth) + Left) * Channels;
}
