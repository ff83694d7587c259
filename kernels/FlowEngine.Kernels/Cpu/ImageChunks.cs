namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// How one image is divided into parts, for several threads and for its sums. Only the length fixes it, so that a sum
/// over the parts is the same bits whoever computes them.
/// </summary>
/// <param name="Length">Pixels or elements of an image.</param>
/// <param name="ChunkLength">Those of every chunk but the last; a multiple of 16.</param>
internal readonly record struct ImageChunks(int Length, int ChunkLength)
{
    /// <summary>The most chunks of an image.</summary>
    public const int MaxCount = 64;

    /// <summary>The chunks of an image.</summary>
    public int Count => (Length + ChunkLength - 1) / ChunkLength;

    /// <summary>Divides the pixels of an image: the order of LogDet. 256 a chunk, more above 64.</summary>
    public static ImageChunks OfPixels(int pixels) => Divide(pixels, 256);

    /// <summary>Divides the elements of an image: the order of LogProb. 4096 a chunk, more above 64.</summary>
    public static ImageChunks OfElements(int elements) => Divide(elements, 4096);

    private static ImageChunks Divide(int length, int smallest)
    {
        int share = (int)(((long)length + MaxCount - 1) / MaxCount);
        return new ImageChunks(length, Math.Max(smallest, (share + 15) & ~15));
    }
}
