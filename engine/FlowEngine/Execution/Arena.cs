using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Execution;

/// <summary>All memory of a plan in one buffer, laid out once. Regions are reserved first, then allocated together.</summary>
internal sealed class Arena : IDisposable
{
    private readonly List<ArenaRegion> _regions = [];
    private readonly Dictionary<string, ArenaRegion> _shared = [];
    private DeviceBuffer? _buffer;

    /// <summary>Elements in all.</summary>
    public long Length => _regions.Sum(region => CacheLine.Aligned(region.Length));

    /// <summary>Elements by name, largest first.</summary>
    public IEnumerable<(string Name, long Length)> Summary => _regions
        .GroupBy(region => region.Name, region => region.Length)
        .Select(group => (group.Key, group.Sum()))
        .OrderByDescending(entry => entry.Item2);

    /// <summary>A region of its own.</summary>
    public ArenaRegion Reserve(string name, long length)
    {
        ArenaRegion region = new(name) { Length = length };
        _regions.Add(region);
        return region;
    }

    /// <summary>One region for all who ask by this name, as long as the longest request: scratch that no two use at once.</summary>
    public ArenaRegion Share(string name, long length)
    {
        if (!_shared.TryGetValue(name, out ArenaRegion? region))
        {
            region = Reserve(name, 0);
            _shared.Add(name, region);
        }

        region.Length = Math.Max(region.Length, length);
        return region;
    }

    /// <summary>Allocates every region.</summary>
    /// <param name="backend">Who allocates.</param>
    /// <param name="what">What the regions are for, in the error.</param>
    /// <param name="advice">From the free bytes to the end of the error; null for none.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.OutOfMemory"/>: there is not enough memory.</exception>
    public void Allocate(IBackend backend, string what, Func<long, string>? advice = null)
    {
        _buffer = WholeMemory.Allocate(backend, Length, what, advice);
        long offset = 0;
        foreach (ArenaRegion region in _regions)
        {
            region.View = _buffer.View.Slice(offset, region.Length);
            offset += CacheLine.Aligned(region.Length);
        }
    }

    public void Dispose() => _buffer?.Dispose();
}
