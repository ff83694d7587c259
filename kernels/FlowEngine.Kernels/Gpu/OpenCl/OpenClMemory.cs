namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>A buffer of an OpenCL device.</summary>
internal sealed class OpenClMemory(OpenClDevice device, nint handle, long lengthInBytes)
    : GpuMemory(device, lengthInBytes)
{
    private nint _handle = handle;

    public nint Handle => _handle;

    public override void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
        {
            device.Free(this, handle);
        }
    }
}
