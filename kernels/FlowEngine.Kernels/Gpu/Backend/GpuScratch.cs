namespace FlowEngine.Kernels.Gpu;

/// <summary>Memory between two kernels of one operation. It grows to the largest use and then stays.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="stream">The only stream that uses it.</param>
internal sealed class GpuScratch<T>(GpuStream stream) : IDisposable
    where T : unmanaged
{
    private GpuBuffer<T>? _buffer;

    /// <summary>At least so many elements. What an earlier call gave is no longer to be queued.</summary>
    /// <param name="length">The number of elements.</param>
    public GpuView<T> OfLength(long length)
    {
        if (_buffer is null || _buffer.Length < length)
        {
            if (_buffer is not null)
            {
                // The pool may give it to anyone, so no queued work may still use it.
                stream.Synchronize();
                _buffer.Dispose();
            }

            _buffer = stream.Device.Allocate<T>(length);
        }

        return _buffer.View.Slice(0, length);
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer?.Dispose();
}
