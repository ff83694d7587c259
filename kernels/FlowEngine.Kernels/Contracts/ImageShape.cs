namespace FlowEngine.Kernels;

/// <summary>The shape of a batch of images, stored (batch, height, width, channel), the channel contiguous.</summary>
/// <param name="Batch">Images, B.</param>
/// <param name="Height">Rows, H.</param>
/// <param name="Width">Columns, W.</param>
/// <param name="Channels">Channels, C.</param>
public readonly record struct ImageShape(int Batch, int Height, int Width, int Channels)
{
    /// <summary>Pixels of one image, P = H·W.</summary>
    public int PixelsPerImage => Height * Width;

    /// <summary>Pixels of the whole batch, B·P.</summary>
    public int Pixels => Batch * Height * Width;

    /// <summary>Dimensions of one image, D = P·C.</summary>
    public int Dims => Height * Width * Channels;

    /// <summary>Elements of the whole batch, B·P·C.</summary>
    public long Length => (long)Pixels * Channels;

    /// <summary>What a squeeze turns into this shape: (B, 2H, 2W, C/4).</summary>
    /// <exception cref="InvalidOperationException">C is no multiple of 4: no squeeze gives this shape.</exception>
    public ImageShape BeforeSqueeze() => Channels % 4 == 0
        ? new ImageShape(Batch, 2 * Height, 2 * Width, Channels / 4)
        : throw new InvalidOperationException($"no squeeze gives {Channels} channels, which are no multiple of 4");

    /// <summary>The same pixels with another channel count.</summary>
    /// <param name="channels">The new channel count.</param>
    public ImageShape WithChannels(int channels) => this with { Channels = channels };
}
