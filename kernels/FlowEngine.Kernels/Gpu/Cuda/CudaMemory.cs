namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>A block of a CUDA device's memory.</summary>
internal sealed class CudaMemory(CudaDevice device, ulong pointer, long lengthInBytes)
    : GpuMemory(device, lengthInBytes)
{
    private ulong _pointer = pointer;

    public ulong Pointer => _pointer;

    public override void Dispose()
    {
        ulong pointer = Interlocked.Exchange(ref _pointer, 0);
        if (pointer != 0)
        {
            device.Free(this, pointer);
        }
    }
}
