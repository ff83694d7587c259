namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>Where the pinned memory of a device lies, so that a copy knows whether it need not wait.</summary>
internal sealed class PinnedRanges
{
    private readonly Lock _lock = new();

    // Replaced as a whole: copies read it without a lock.
    private (nint Start, nuint Length)[] _ranges = [];

    public void Add(nint start, nuint length)
    {
        lock (_lock)
        {
            Volatile.Write(ref _ranges, [.. _ranges, (start, length)]);
        }
    }

    public void Remove(nint start)
    {
        lock (_lock)
        {
            Volatile.Write(ref _ranges, [.. _ranges.Where(range => range.Start != start)]);
        }
    }

    public bool Contain(nint start, nuint length)
    {
        foreach ((nint rangeStart, nuint rangeLength) in Volatile.Read(ref _ranges))
        {
            nuint offset = (nuint)(start - rangeStart);
            if (start >= rangeStart && offset <= rangeLength && length <= rangeLength - offset)
            {
                return true;
            }
        }

        return false;
    }
}
