using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// An opened device: it allocates memory and makes streams. One for all threads of a process to share.
/// </summary>
public abstract class GpuDevice : IDisposable
{
    private readonly GpuMemoryPool _pool;

    /// <summary>Opens nothing yet: what the device is called.</summary>
    /// <param name="info">How it is listed.</param>
    protected GpuDevice(GpuDeviceInfo info)
    {
        Info = info;
        _pool = new GpuMemoryPool(this);
    }

    /// <summary>How it is listed.</summary>
    public GpuDeviceInfo Info { get; }

    /// <summary>True if a graph is launched as one, whatever is in it.</summary>
    public virtual bool LaunchesGraphs => false;

    /// <summary>Allocates memory of the device, not set. Disposing it gives it back to the device's pool.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="length">The number of elements, at least 1.</param>
    /// <exception cref="GpuException">OutOfMemory: the message says how much was asked for and how much is free.</exception>
    public GpuBuffer<T> Allocate<T>(long length)
        where T : unmanaged => new(_pool.Rent(checked(length * Unsafe.SizeOf<T>())), length);

    /// <summary>Allocates host memory that the device copies from and to without a detour.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="length">The number of elements, at least 1.</param>
    public abstract PinnedBuffer<T> AllocatePinned<T>(int length)
        where T : unmanaged;

    /// <summary>Makes a queue of work. Work of one stream runs in order; work of two, in any order.</summary>
    public abstract GpuStream CreateStream();

    /// <summary>Makes a mark that a stream can set and others wait for.</summary>
    public abstract GpuEvent CreateEvent();

    /// <summary>
    /// The free and the whole memory of the device, in bytes; memory that the pool keeps is not free.
    /// </summary>
    public abstract (long Free, long Total) MemoryInBytes();

    /// <summary>An array in the memory of this device that another library of the process made and keeps.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="pointer">Its device pointer.</param>
    /// <param name="length">Elements.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="GpuException">BadHandle: no other library has memory on this device, or the pointer is
    /// no such memory.</exception>
    internal virtual GpuView<T> Foreign<T>(nint pointer, long length, string name)
        where T : unmanaged =>
        throw new GpuException(
            GpuErrorKind.BadHandle, $"{Info.Selector}: {name} is a CUDA device pointer, and this is no CUDA device");

    /// <summary>Gives unused memory of the pool back to the driver.</summary>
    public void TrimPool() => _pool.Trim();

    /// <summary>Waits for all work and frees everything the device still holds.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Allocates from the driver.</summary>
    /// <param name="lengthInBytes">The size.</param>
    internal abstract GpuMemory AllocateMemory(long lengthInBytes);

    internal void Return(GpuMemory memory) => _pool.Return(memory);

    /// <summary>Frees what the device holds; overriders call the base first, which empties the pool.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pool.Dispose();
        }
    }
}
