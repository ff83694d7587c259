namespace FlowEngine.Tensors;

/// <summary>Arrays that share one buffer each start on a cache line of it.</summary>
internal static class CacheLine
{
    private const int Elements = 16;

    /// <summary>What an array takes of a buffer, with the gap after it.</summary>
    /// <param name="length">Its elements.</param>
    public static long Aligned(long length) => (length + Elements - 1) / Elements * Elements;
}
