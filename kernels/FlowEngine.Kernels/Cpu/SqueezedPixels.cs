namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// An image before its squeeze, read and written as the pixels after it: element 4c + 2i + j of a pixel is channel c of
/// row i and column j of a 2x2 block.
/// </summary>
/// <param name="image">(B, 2H, 2W, C/4).</param>
/// <param name="shape">(B, H, W, C), after the squeeze.</param>
internal readonly unsafe struct SqueezedPixels(float* image, ImageShape shape)
{
    /// <summary>True if this stands for "no squeeze".</summary>
    public bool IsNone => image is null;

    /// <summary>Reads pixels one after the other.</summary>
    /// <param name="first">The first one, counted through the batch.</param>
    /// <param name="count">How many.</param>
    /// <param name="pixels">(count, C), overwritten.</param>
    public void Gather(int first, int count, float* pixels)
    {
        int channels = shape.Channels / 4;
        for (int p = first; p < first + count; p++)
        {
            float* top = Block(p);
            float* bottom = top + BelowTop;
            for (int c = 0; c < channels; c++, pixels += 4)
            {
                pixels[0] = top[c];
                pixels[1] = top[channels + c];
                pixels[2] = bottom[c];
                pixels[3] = bottom[channels + c];
            }
        }
    }

    /// <summary>Writes pixels that lie one after the other.</summary>
    /// <param name="pixels">(count, C).</param>
    /// <param name="first">The first one, counted through the batch.</param>
    /// <param name="count">How many.</param>
    public void Scatter(float* pixels, int first, int count)
    {
        int channels = shape.Channels / 4;
        for (int p = first; p < first + count; p++)
        {
            float* top = Block(p);
            float* bottom = top + BelowTop;
            for (int c = 0; c < channels; c++, pixels += 4)
            {
                top[c] = pixels[0];
                top[channels + c] = pixels[1];
                bottom[c] = pixels[2];
                bottom[channels + c] = pixels[3];
            }
        }
    }

    // From the upper to the lower row of a block: 2W pixels of C/4 channels.
    private nint BelowTop => (nint)shape.Width * (shape.Channels / 2);

    // Two such rows for each row of pixels above, and two pixels for each pixel to the left.
    private float* Block(int pixel)
    {
        (int row, int column) = int.DivRem(pixel, shape.Width);
        return image + ((2 * row * BelowTop) + ((nint)column * (shape.Channels / 2)));
    }
}
