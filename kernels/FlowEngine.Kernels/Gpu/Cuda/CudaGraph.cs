namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>Recorded work that the driver launches as one.</summary>
internal sealed unsafe class CudaGraph : GpuGraph
{
    private readonly CudaDevice _device;
    private nint _handle;

    public CudaGraph(CudaDevice device, nint handle)
    {
        _device = device;
        _handle = handle;
        device.Live.Add(this);
    }

    /// <summary>The driver's handle, for a launch on a device.</summary>
    /// <param name="device">The device, which must be the graph's.</param>
    public nint HandleFor(CudaDevice device)
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        return device == _device
            ? _handle
            : throw new ArgumentException($"the graph is {_device.Info.Selector}'s, expected {device.Info.Selector}'s");
    }

    protected override void Dispose(bool disposing)
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            _device.Destroy(this, _device.Driver.GraphExecDestroy, handle);
        }
    }
}
