namespace FlowEngine.Kernels;

/// <summary>
/// One affine map per pixel, ready to run: y = M x + v, x = M⁻¹ y + v⁻, and ln |det M|. Assembled from
/// <see cref="PixelAffineParameters"/> and valid until they change.
/// </summary>
/// <param name="Channels">C.</param>
/// <param name="Storage">All of it, <see cref="LengthFor"/> elements.</param>
/// <param name="Squeezes">
/// True if a squeeze precedes the map, as one with it: x and dx of an operation are then as they are before the squeeze,
/// (B, 2H, 2W, C/4), read and written by the index of <see cref="IBackend.SqueezeForward"/>, to the same bits as with a
/// squeezed copy. They may then not be the memory of y and dy.
/// </param>
public readonly record struct PixelAffineMap(int Channels, BufferView Storage, bool Squeezes = false)
{
    /// <summary>True if this stands for "no map".</summary>
    public bool IsEmpty => Storage.IsEmpty;

    /// <summary>M, (C, C) row-major.</summary>
    public BufferView Matrix => Storage.Slice(0, Square);

    /// <summary>v, (C).</summary>
    public BufferView Offset => Storage.Slice(Square, Channels);

    /// <summary>M⁻¹, (C, C) row-major; filled only if the inverse was asked for.</summary>
    public BufferView InverseMatrix => Storage.Slice(Square + Channels, Square);

    /// <summary>-M⁻¹ v, (C); filled only if the inverse was asked for.</summary>
    public BufferView InverseOffset => Storage.Slice((2 * Square) + Channels, Channels);

    /// <summary>ln |det M|, (1), nats per pixel.</summary>
    public BufferView LogDet => Storage.Slice(2 * (Square + Channels), 1);

    private long Square => (long)Channels * Channels;

    /// <summary>The elements a map over <paramref name="channels"/> channels takes.</summary>
    /// <param name="channels">C.</param>
    public static long LengthFor(int channels) => (2L * channels * (channels + 1)) + 1;
}
