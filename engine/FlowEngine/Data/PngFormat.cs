namespace FlowEngine.Data;

/// <summary>Constants and arithmetic that reading and writing PNG share.</summary>
internal static class PngFormat
{
    public const byte Grey = 0;
    public const byte Rgb = 2;
    public const byte Palette = 3;
    public const byte GreyAlpha = 4;
    public const byte Rgba = 6;

    /// <summary>The eight bytes of every PNG file; a text-mode copy damages them.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Predicts a byte from three neighbors: the one nearest left + up - corner.</summary>
    public static byte Paeth(byte left, byte up, byte corner)
    {
        int estimate = left + up - corner;
        int toLeft = Math.Abs(estimate - left);
        int toUp = Math.Abs(estimate - up);
        int toCorner = Math.Abs(estimate - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
