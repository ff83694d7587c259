namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>A mark that the GPU's clock stamps.</summary>
internal sealed unsafe class CudaEvent : GpuEvent
{
    private readonly CudaDevice _device;
    private nint _handle;

    public CudaEvent(CudaDevice device)
    {
        _device = device;
        nint handle;
        using CudaScope scope = device.Enter();
        device.Check(device.Driver.EventCreate(&handle, 0), "cuEventCreate");
        _handle = handle;
        device.Live.Add(this);
    }

    public override void Synchronize()
    {
        nint handle = HandleFor(_device);
        using CudaScope scope = _device.Enter();
        _device.Check(_device.Driver.EventSynchronize(handle), "cuEventSynchronize");
    }

    public override TimeSpan ElapsedSince(GpuEvent earlier)
    {
        nint from = ((CudaEvent)earlier).HandleFor(_device);
        nint to = HandleFor(_device);
        float milliseconds;
        using CudaScope scope = _device.Enter();
        _device.Check(
            _device.Driver.EventElapsedTime(&milliseconds, from, to),
            "cuEventElapsedTime (both marks must be set and done)");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <summary>Whether the work before the mark is done; true if it was never set.</summary>
    public bool HasPassed()
    {
        nint handle = HandleFor(_device);
        using CudaScope scope = _device.Enter();
        int code = _device.Driver.EventQuery(handle);
        _device.Check(code == CudaResult.NotReady ? 0 : code, "cuEventQuery");
        return code == 0;
    }

    /// <summary>The driver's handle, for use on a device.</summary>
    /// <param name="device">The device, which must be the mark's.</param>
    public nint HandleFor(CudaDevice device)
    {
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        return device == _device
            ? _handle
            : throw new ArgumentException($"the mark is {_device.Info.Selector}'s, expected {device.Info.Selector}'s");
    }

    protected override void Dispose(bool disposing)
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            _device.Destroy(this, _device.Driver.EventDestroy, handle);
        }
    }
}
