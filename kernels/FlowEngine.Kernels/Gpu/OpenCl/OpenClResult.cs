namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>The results of OpenCL: their names (CL/cl.h) and kinds.</summary>
internal static class OpenClResult
{
    public const int Success = 0;
    public const int DeviceNotFound = -1;
    public const int DeviceNotAvailable = -2;
    public const int CompilerNotAvailable = -3;
    public const int AllocationFailure = -4;
    public const int OutOfResources = -5;
    public const int OutOfHostMemory = -6;
    public const int ProfilingInfoNotAvailable = -7;
    public const int CopyOverlap = -8;
    public const int BuildProgramFailure = -11;
    public const int EventsInWaitListFailed = -14;
    public const int FirstInvalid = -72;
    public const int LastInvalid = -30;
    public const int InvalidCommandQueue = -36;
    public const int InvalidKernelName = -46;
    public const int InvalidBufferSize = -61;
    public const int PlatformNotFound = -1001;

    // NVIDIA's number for a kernel that read or wrote where it must not.
    private const int IllegalAccess = -9999;

    private static readonly Dictionary<int, string> _names = new()
    {
        [DeviceNotFound] = "CL_DEVICE_NOT_FOUND",
        [DeviceNotAvailable] = "CL_DEVICE_NOT_AVAILABLE",
        [CompilerNotAvailable] = "CL_COMPILER_NOT_AVAILABLE",
        [AllocationFailure] = "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        [OutOfResources] = "CL_OUT_OF_RESOURCES",
        [OutOfHostMemory] = "CL_OUT_OF_HOST_MEMORY",
        [ProfilingInfoNotAvailable] = "CL_PROFILING_INFO_NOT_AVAILABLE",
        [CopyOverlap] = "CL_MEM_COPY_OVERLAP",
        [BuildProgramFailure] = "CL_BUILD_PROGRAM_FAILURE",
        [EventsInWaitListFailed] = "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        [-30] = "CL_INVALID_VALUE",
        [-33] = "CL_INVALID_DEVICE",
        [-34] = "CL_INVALID_CONTEXT",
        [InvalidCommandQueue] = "CL_INVALID_COMMAND_QUEUE",
        [-38] = "CL_INVALID_MEM_OBJECT",
        [-43] = "CL_INVALID_BUILD_OPTIONS",
        [-44] = "CL_INVALID_PROGRAM",
        [-45] = "CL_INVALID_PROGRAM_EXECUTABLE",
        [InvalidKernelName] = "CL_INVALID_KERNEL_NAME",
        [-48] = "CL_INVALID_KERNEL",
        [-49] = "CL_INVALID_ARG_INDEX",
        [-50] = "CL_INVALID_ARG_VALUE",
        [-51] = "CL_INVALID_ARG_SIZE",
        [-52] = "CL_INVALID_KERNEL_ARGS",
        [-53] = "CL_INVALID_WORK_DIMENSION",
        [-54] = "CL_INVALID_WORK_GROUP_SIZE",
        [-55] = "CL_INVALID_WORK_ITEM_SIZE",
        [-56] = "CL_INVALID_GLOBAL_OFFSET",
        [-58] = "CL_INVALID_EVENT",
        [-59] = "CL_INVALID_OPERATION",
        [InvalidBufferSize] = "CL_INVALID_BUFFER_SIZE",
        [-63] = "CL_INVALID_GLOBAL_WORK_SIZE",
        [PlatformNotFound] = "CL_PLATFORM_NOT_FOUND_KHR: no OpenCL driver is registered",
    };

    /// <summary>The error of a call.</summary>
    /// <param name="code">Its result.</param>
    /// <param name="call">Its name, and what it was about.</param>
    public static GpuException Error(int code, string call) => new(
        KindOf(code), $"{call}: {(_names.TryGetValue(code, out string? name) ? name : $"OpenCL error {code}")}", code);

    /// <summary>The error of a call that waited for work: what it could not have is then the device.</summary>
    /// <param name="code">Its result.</param>
    /// <param name="call">Its name.</param>
    public static GpuException ErrorOfWork(int code, string call)
    {
        GpuException error = Error(code, call);
        return code is OutOfResources or DeviceNotAvailable
            ? new GpuException(GpuErrorKind.DeviceLost, error.Message, code)
            : error;
    }

    private static GpuErrorKind KindOf(int code) => code switch
    {
        DeviceNotFound or DeviceNotAvailable or PlatformNotFound => GpuErrorKind.NoDevice,
        CompilerNotAvailable or BuildProgramFailure or InvalidKernelName => GpuErrorKind.Compilation,
        AllocationFailure or OutOfHostMemory or InvalidBufferSize => GpuErrorKind.OutOfMemory,
        InvalidCommandQueue or EventsInWaitListFailed or IllegalAccess => GpuErrorKind.DeviceLost,
        OutOfResources or CopyOverlap or ProfilingInfoNotAvailable
            or (>= FirstInvalid and <= LastInvalid) => GpuErrorKind.InvalidOperation,
        _ => GpuErrorKind.Driver,
    };
}
