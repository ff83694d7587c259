namespace FlowEngine.Kernels.Cpu;

/// <summary>Hands out offsets in a block of memory; each starts on a cache line if the block does.</summary>
internal struct BlockLayout
{
    private const long Alignment = 16;

    /// <summary>The elements handed out so far.</summary>
    public long Length { get; private set; }

    /// <summary>The offset of <paramref name="count"/> elements.</summary>
    public long Take(long count)
    {
        long offset = Length;
        Length += (count + Alignment - 1) / Alignment * Alignment;
        return offset;
    }
}
