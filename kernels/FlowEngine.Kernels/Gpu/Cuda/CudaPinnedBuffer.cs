namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>Host memory that the driver has locked in place.</summary>
internal sealed unsafe class CudaPinnedBuffer<T>(CudaDevice device, nint pointer, int length) : PinnedBuffer<T>
    where T : unmanaged
{
    private nint _pointer = pointer;

    public override Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == 0, this);
            return new Span<T>((void*)_pointer, length);
        }
    }

    protected override void Dispose(bool disposing)
    {
        nint pointer = Interlocked.Exchange(ref _pointer, 0);
        if (pointer != 0)
        {
            device.Destroy(this, device.Driver.MemFreeHost, pointer);
        }
    }
}
