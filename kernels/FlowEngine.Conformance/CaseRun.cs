using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance;

/// <summary>The stream and the memory of one run of a case, freed together.</summary>
/// <param name="device">The device.</param>
internal sealed class CaseRun(GpuDevice device) : IDisposable
{
    private readonly List<IDisposable> _buffers = [];

    public GpuStream Stream { get; } = device.CreateStream();

    /// <summary>Device memory with these elements.</summary>
    public GpuView<T> Upload<T>(T[] elements)
        where T : unmanaged
    {
        GpuView<T> view = Allocate<T>(elements.Length);
        Stream.CopyToDevice<T>(elements, view);
        return view;
    }

    /// <summary>Device memory that is not set.</summary>
    public GpuView<T> Allocate<T>(long length)
        where T : unmanaged
    {
        GpuBuffer<T> buffer = device.Allocate<T>(length);
        _buffers.Add(buffer);
        return buffer.View;
    }

    /// <summary>Waits for the work, then reads.</summary>
    public T[] Download<T>(GpuView<T> view)
        where T : unmanaged
    {
        var elements = new T[view.Length];
        Stream.CopyToHost<T>(view, elements);
        Stream.Synchronize();
        return elements;
    }

    public void Dispose()
    {
        Stream.Dispose();
        foreach (IDisposable buffer in _buffers)
        {
            buffer.Dispose();
        }
    }
}
