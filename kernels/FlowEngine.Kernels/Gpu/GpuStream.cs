using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// A queue of work of one device. Work is queued and the call returns; one thread at a time may queue.
/// </summary>
/// <param name="device">The device.</param>
public abstract class GpuStream(GpuDevice device) : IDisposable
{
    /// <summary>The device.</summary>
    public GpuDevice Device { get; } = device;

    /// <summary>
    /// Copies to the device. From pinned memory the copy goes on after the call returns, and the source must stay as it
    /// is until then; from other memory the source may be used again at once.
    /// </summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="source">The elements.</param>
    /// <param name="destination">Where to; as long as the source.</param>
    public void CopyToDevice<T>(ReadOnlySpan<T> source, GpuView<T> destination)
        where T : unmanaged
    {
        CheckLengths(source.Length, destination.Length);
        CopyToDeviceBytes(MemoryMarshal.AsBytes(source), destination.Memory, destination.OffsetInBytes);
    }

    /// <summary>Copies to the host; the destination holds the elements after <see cref="Synchronize"/>.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="source">The elements.</param>
    /// <param name="destination">Where to; as long as the source. Memory that is not pinned makes the call wait.</param>
    public void CopyToHost<T>(GpuView<T> source, Span<T> destination)
        where T : unmanaged
    {
        CheckLengths(source.Length, destination.Length);
        CopyToHostBytes(source.Memory, source.OffsetInBytes, MemoryMarshal.AsBytes(destination));
    }

    /// <summary>Copies within the device.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="source">The elements.</param>
    /// <param name="destination">Where to; as long as the source, and not overlapping it.</param>
    public void Copy<T>(GpuView<T> source, GpuView<T> destination)
        where T : unmanaged
    {
        CheckLengths(source.Length, destination.Length);
        CopyBytes(
            source.Memory, source.OffsetInBytes, destination.Memory, destination.OffsetInBytes, source.LengthInBytes);
    }

    /// <summary>Sets every byte to zero.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="destination">The memory.</param>
    public void Clear<T>(GpuView<T> destination)
        where T : unmanaged =>
        ClearBytes(destination.Memory, destination.OffsetInBytes, destination.LengthInBytes);

    /// <summary>Sets a mark after the work queued so far.</summary>
    /// <param name="mark">The mark.</param>
    public abstract void Record(GpuEvent mark);

    /// <summary>Makes later work of this stream wait for a mark.</summary>
    /// <param name="mark">The mark.</param>
    public abstract void Wait(GpuEvent mark);

    /// <summary>Waits until all queued work is done.</summary>
    /// <exception cref="GpuException">Work failed.</exception>
    public abstract void Synchronize();

    /// <summary>Begins to record what is queued instead of running it.</summary>
    /// <exception cref="GpuException">InvalidOperation: a capture is under way.</exception>
    public abstract void BeginCapture();

    /// <summary>Ends the recording.</summary>
    /// <returns>The work, to be launched as often as wished.</returns>
    public abstract GpuGraph EndCapture();

    /// <summary>Queues recorded work.</summary>
    /// <param name="graph">The work, recorded from a stream of the same device.</param>
    public abstract void Launch(GpuGraph graph);

    /// <summary>Waits for the work, then frees the stream.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes later work of this stream wait for the work that another library has queued on its own.</summary>
    /// <param name="foreign">Its handle.</param>
    internal virtual void WaitFor(nint foreign) => throw NoForeign();

    /// <summary>Makes what another library queues on its stream from now on wait for the work queued here.</summary>
    /// <param name="foreign">Its handle.</param>
    internal virtual void HoldUp(nint foreign) => throw NoForeign();

    /// <summary>Queues a kernel.</summary>
    /// <param name="launch">The kernel, its grid and its arguments.</param>
    internal abstract void Submit(in KernelLaunch launch);

    private protected abstract void CopyToDeviceBytes(ReadOnlySpan<byte> source, GpuMemory destination, long offset);

    private protected abstract void CopyToHostBytes(GpuMemory source, long offset, Span<byte> destination);

    private protected abstract void CopyBytes(
        GpuMemory source, long sourceOffset, GpuMemory destination, long destinationOffset, long lengthInBytes);

    private protected abstract void ClearBytes(GpuMemory destination, long offset, long lengthInBytes);

    /// <summary>Frees the stream.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected abstract void Dispose(bool disposing);

    private GpuException NoForeign() => new(
        GpuErrorKind.BadHandle, $"{Device.Info.Selector} shares no streams with other libraries, expected cuda");

    private static void CheckLengths(
        long source, long destination, [CallerMemberName] string copy = "")
    {
        if (source != destination)
        {
            throw new ArgumentException($"{copy}: the source has {source} elements, the destination {destination}");
        }
    }
}
