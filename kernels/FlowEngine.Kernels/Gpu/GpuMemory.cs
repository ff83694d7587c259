namespace FlowEngine.Kernels.Gpu;

/// <summary>A block of memory as the driver gave it.</summary>
/// <param name="device">The device it lies on.</param>
/// <param name="lengthInBytes">Its size.</param>
internal abstract class GpuMemory(GpuDevice device, long lengthInBytes) : IDisposable
{
    /// <summary>The device it lies on.</summary>
    public GpuDevice Device { get; } = device;

    /// <summary>Its size.</summary>
    public long LengthInBytes { get; } = lengthInBytes;

    /// <summary>Gives it back to the driver.</summary>
    public abstract void Dispose();
}
