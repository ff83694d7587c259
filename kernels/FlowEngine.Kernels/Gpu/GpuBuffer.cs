namespace FlowEngine.Kernels.Gpu;

/// <summary>Elements in the memory of a device. Its owner disposes it once no queued work uses it any more.</summary>
/// <typeparam name="T">The element.</typeparam>
public sealed class GpuBuffer<T> : IDisposable
    where T : unmanaged
{
    private GpuMemory? _memory;

    internal GpuBuffer(GpuMemory memory, long length)
    {
        _memory = memory;
        Length = length;
    }

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    /// <summary>The whole buffer.</summary>
    public GpuView<T> View => new(_memory ?? throw new ObjectDisposedException(nameof(GpuBuffer<>)), 0, Length);

    /// <summary>A view of the whole buffer.</summary>
    /// <param name="buffer">The buffer.</param>
    public static implicit operator GpuView<T>(GpuBuffer<T> buffer) => buffer.View;

    /// <summary>A view of the whole buffer.</summary>
    public GpuView<T> ToGpuView() => View;

    /// <summary>Gives the memory back to the pool of its device.</summary>
    public void Dispose()
    {
        GpuMemory? memory = Interlocked.Exchange(ref _memory, null);
        memory?.Device.Return(memory);
    }
}
