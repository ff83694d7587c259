namespace FlowEngine.Kernels.Gpu;

/// <summary>Memory between two kernels of one operation. It grows to the largest use and then stays.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="device">The device.</param>
internal sealed class GpuScratch<T>(GpuDevice device) : IDisposable
    where T : unmanaged
{
    private GpuBuffer<T>? _buffer;

    /// <summary>At least so many elements. What an earlier call gave is no longer to be queued.</summary>
    /// <param name="length">The number of elements.</param>
    public GpuView<T> OfLength(long length)
    {
        if (_buffer is null || _buffer.Length < length)
        {
            // Queued work that still uses the old memory comes before what will use it next: the stream is one.
            _buffer?.Dispose();
            _buffer = device.Allocate<T>(length);
        }

        return _buffer.View.Slice(0, length);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer?.Dispose();
}
