namespace FlowEngine.Kernels.Gpu;

/// <summary>Memory between two kernels of one operation. It grows to the largest use and then stays.</summary>
/// <remarks>
/// What it outgrew is kept to the end: queued work and recordings may still use it. It at least doubles, so all of that
/// is no more than what is in use.
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
/// <param name="device">Where it lies; only one stream uses it.</param>
internal sealed class GpuScratch<T>(GpuDevice device) : IDisposable
    where T : unmanaged
{
    private readonly List<GpuBuffer<T>> _buffers = [];

    /// <summary>At least so many elements. What an earlier call gave is no longer to be queued.</summary>
    /// <param name="length">The number of elements.</param>
    public GpuView<T> OfLength(long length)
    {
        if (_buffers.Count == 0 || _buffers[^1].Length < length)
        {
            long twice = _buffers.Count == 0 ? 0 : 2 * _buffers[^1].Length;
            _buffers.Add(device.Allocate<T>(Math.Max(length, twice)));
        }

        return _buffers[^1].View.Slice(0, length);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());
}
