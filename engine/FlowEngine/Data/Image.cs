namespace FlowEngine.Data;

/// <summary>One image of 8-bit samples in H,W,C order.</summary>
public sealed record Image
{
    /// <summary>Most samples one image may have, so that no damaged header can ask for more.</summary>
    internal const int MaxLength = 1 << 27;

    /// <summary>Creates an image over an array, which is taken over and not copied.</summary>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="channels">Samples a pixel, at least 1: 1 is grey, 3 is red, green, blue.</param>
    /// <param name="pixels">height·width·channels samples in H,W,C order.</param>
    /// <exception cref="FlowException">A size is not positive, or the array has another length.</exception>
    public Image(int height, int width, int channels, byte[] pixels)
    {
        int length = CheckedLength(height, width, channels);
        if (pixels is null || pixels.Length != length)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"image: got {pixels?.Length ?? 0} samples, expected {length} for {height}x{width}x{channels}");
        }

        (Height, Width, Channels, Pixels) = (height, width, channels, pixels);
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Samples a pixel: 1 is grey, 3 is red, green, blue.</summary>
    public int Channels { get; }

    /// <summary>The samples, 0..255, in H,W,C order.</summary>
    public byte[] Pixels { get; }

    /// <summary>Number of samples of a shape.</summary>
    /// <exception cref="FlowException">A size is not positive, or the product is above MaxLength.</exception>
    internal static int CheckedLength(int height, int width, int channels)
    {
        if (height < 1 || width < 1 || channels < 1 || (Int128)height * width * channels > MaxLength)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"image shape {height}x{width}x{channels}: expected positive sizes and at most {MaxLength} samples");
        }

        return height * width * channels;
    }
}
