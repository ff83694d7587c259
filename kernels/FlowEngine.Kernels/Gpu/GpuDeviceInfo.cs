namespace FlowEngine.Kernels.Gpu;

/// <summary>A device as it is listed.</summary>
/// <param name="Runner">What runs kernels on it.</param>
/// <param name="Index">Its number among the devices of that runner.</param>
/// <param name="Name">The driver's name for it.</param>
/// <param name="MemoryInBytes">Its memory.</param>
/// <param name="Version">"compute capability 9.0" or the driver's OpenCL version.</param>
/// <param name="Multiprocessors">The processors that groups are spread over.</param>
/// <param name="MaxSharedBytesPerGroup">The most shared memory of one group, dynamic included.</param>
public sealed record GpuDeviceInfo(
    GpuRunner Runner,
    int Index,
    string Name,
    long MemoryInBytes,
    string Version,
    int Multiprocessors,
    int MaxSharedBytesPerGroup)
{
    /// <summary>What the device is opened by: cuda:0, opencl:0, ilgpu:0 or emulator.</summary>
    public string Selector => Runner switch
    {
        GpuRunner.Cuda => $"cuda:{Index}",
        GpuRunner.OpenCl => $"opencl:{Index}",
        GpuRunner.Ilgpu => $"ilgpu:{Index}",
        _ => "emulator",
    };
}
