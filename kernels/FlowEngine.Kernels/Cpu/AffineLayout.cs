namespace FlowEngine.Kernels.Cpu;

/// <summary>The sizes that a pass of affine maps divides its work by.</summary>
internal static class AffineLayout
{
    /// <summary>Pixels of a part of a map's pass.</summary>
    public const int Pixels = 256;

    /// <summary>Pixels of a block.</summary>
    public const int Block = 64;

    public static int Padded(int channels) => (channels + SimdMath.Width - 1) / SimdMath.Width * SimdMath.Width;

    // A row of dM for each channel and one for dv.
    public static long PartialLength(int channels) => (channels + 1L) * Padded(channels);

    // A block of pixels; vectors of its last channels may reach beyond it.
    public static long TileLength(int channels) => ((long)Block * channels) + SimdMath.Width;
}
