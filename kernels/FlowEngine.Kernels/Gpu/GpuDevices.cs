namespace FlowEngine.Kernels.Gpu;

/// <summary>The devices of this machine that run kernels.</summary>
/// <remarks>
/// Drivers are looked up when they are first asked for, once for the process. The environment variables
/// FLOWENGINE_CUDA_LIBRARY and FLOWENGINE_OPENCL_LIBRARY name other files than the system's; a file that is not
/// there hides the driver.
/// </remarks>
public static class GpuDevices
{
    private static readonly Lazy<GpuDrivers> _drivers = new(() => new GpuDrivers(
        Library("FLOWENGINE_CUDA_LIBRARY"), Library("FLOWENGINE_OPENCL_LIBRARY")));

    /// <summary>All devices: those of CUDA, those of OpenCL, the emulator.</summary>
    public static IReadOnlyList<GpuDeviceInfo> List() => _drivers.Value.Devices;

    /// <summary>What is not there and why, a line each: "no CUDA driver: libcuda.so.1 was not found".</summary>
    public static IReadOnlyList<string> Missing() => _drivers.Value.Missing;

    /// <summary>Opens a device. One device is meant to be shared by all threads of the process.</summary>
    /// <param name="selector">Its name in the list: cuda:0, opencl:0 or emulator.</param>
    /// <exception cref="GpuException">NoDevice: the message says what exists.</exception>
    public static GpuDevice Open(string selector) => _drivers.Value.Open(selector);

    /// <summary>Opens a CUDA device in a context that another library of the process made and keeps.</summary>
    /// <remarks>It works on that library's memory in place, in turn with its streams. Dispose it before the context.</remarks>
    /// <param name="index">The number of the device, as in cuda:0.</param>
    /// <param name="context">The CUcontext.</param>
    /// <exception cref="GpuException">NoDevice: the message says what exists. BadHandle: the context is another device's.</exception>
    public static GpuDevice Attach(int index, nint context) => _drivers.Value.Attach(index, context);

    private static string? Library(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } path ? path : null;
}
