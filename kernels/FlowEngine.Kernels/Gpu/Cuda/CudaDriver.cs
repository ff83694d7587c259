using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>The functions of the CUDA driver that are used, and what becomes of their results.</summary>
/// <remarks>Function pointers, resolved once: a call costs no marshalling and works in NativeAOT.</remarks>
internal sealed unsafe class CudaDriver
{
    public readonly delegate* unmanaged<int*, int> DeviceGetCount;
    public readonly delegate* unmanaged<int*, int, int> DeviceGet;
    public readonly delegate* unmanaged<byte*, int, int, int> DeviceGetName;
    public readonly delegate* unmanaged<nuint*, int, int> DeviceTotalMem;
    public readonly delegate* unmanaged<int*, int, int, int> DeviceGetAttribute;
    public readonly delegate* unmanaged<nint*, int, int> DevicePrimaryCtxRetain;
    public readonly delegate* unmanaged<int, int> DevicePrimaryCtxRelease;
    public readonly delegate* unmanaged<nint, int> CtxPushCurrent;
    public readonly delegate* unmanaged<nint*, int> CtxPopCurrent;
    public readonly delegate* unmanaged<int*, int> CtxGetDevice;
    public readonly delegate* unmanaged<nint*, void*, uint, int*, void**, int> ModuleLoadDataEx;
    public readonly delegate* unmanaged<nint, int> ModuleUnload;
    public readonly delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction;
    public readonly delegate* unmanaged<int*, int, nint, int> FuncGetAttribute;
    public readonly delegate* unmanaged<nint, int, int, int> FuncSetAttribute;
    public readonly delegate* unmanaged<
        nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> LaunchKernel;

    public readonly delegate* unmanaged<nuint*, nuint*, int> MemGetInfo;
    public readonly delegate* unmanaged<ulong*, nuint, int> MemAlloc;
    public readonly delegate* unmanaged<ulong, int> MemFree;
    public readonly delegate* unmanaged<void*, int, ulong, int> PointerGetAttribute;
    public readonly delegate* unmanaged<void**, nuint, uint, int> MemHostAlloc;
    public readonly delegate* unmanaged<nint, int> MemFreeHost;
    public readonly delegate* unmanaged<ulong, void*, nuint, nint, int> MemcpyHtoDAsync;
    public readonly delegate* unmanaged<void*, ulong, nuint, nint, int> MemcpyDtoHAsync;
    public readonly delegate* unmanaged<ulong, ulong, nuint, nint, int> MemcpyDtoDAsync;
    public readonly delegate* unmanaged<ulong, byte, nuint, nint, int> MemsetD8Async;
    public readonly delegate* unmanaged<nint*, uint, int> StreamCreate;
    public readonly delegate* unmanaged<nint, int> StreamDestroy;
    public readonly delegate* unmanaged<nint, int> StreamSynchronize;
    public readonly delegate* unmanaged<nint, nint, uint, int> StreamWaitEvent;
    public readonly delegate* unmanaged<nint, int*, int> StreamIsCapturing;
    public readonly delegate* unmanaged<nint, int, int> StreamBeginCapture;
    public readonly delegate* unmanaged<nint, nint*, int> StreamEndCapture;
    public readonly delegate* unmanaged<nint*, nint, ulong, int> GraphInstantiate;
    public readonly delegate* unmanaged<nint, nint, int> GraphLaunch;
    public readonly delegate* unmanaged<nint, int> GraphDestroy;
    public readonly delegate* unmanaged<nint, int> GraphExecDestroy;
    public readonly delegate* unmanaged<nint*, uint, int> EventCreate;
    public readonly delegate* unmanaged<nint, int> EventDestroy;
    public readonly delegate* unmanaged<nint, nint, uint, int> EventRecord;
    public readonly delegate* unmanaged<nint, int> EventSynchronize;
    public readonly delegate* unmanaged<nint, int> EventQuery;
    public readonly delegate* unmanaged<float*, nint, nint, int> EventElapsedTime;

    // PTX 7.5, which the kernels are built for, came with CUDA 11.5; all functions above are older.
    private const int OldestVersion = 11050;

    private readonly delegate* unmanaged<int, byte**, int> _getErrorName;
    private readonly delegate* unmanaged<int, byte**, int> _getErrorString;

    private CudaDriver(DriverLibrary library)
    {
        _getErrorName = (delegate* unmanaged<int, byte**, int>)library.Find("cuGetErrorName");
        _getErrorString = (delegate* unmanaged<int, byte**, int>)library.Find("cuGetErrorString");
        DeviceGetCount = (delegate* unmanaged<int*, int>)library.Find("cuDeviceGetCount");
        DeviceGet = (delegate* unmanaged<int*, int, int>)library.Find("cuDeviceGet");
        DeviceGetName = (delegate* unmanaged<byte*, int, int, int>)library.Find("cuDeviceGetName");
        DeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)library.Find("cuDeviceTotalMem_v2");
        DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)library.Find("cuDeviceGetAttribute");
        DevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)library.Find("cuDevicePrimaryCtxRetain");
        DevicePrimaryCtxRelease = (delegate* unmanaged<int, int>)library.Find("cuDevicePrimaryCtxRelease_v2");
        CtxPushCurrent = (delegate* unmanaged<nint, int>)library.Find("cuCtxPushCurrent_v2");
        CtxPopCurrent = (delegate* unmanaged<nint*, int>)library.Find("cuCtxPopCurrent_v2");
        CtxGetDevice = (delegate* unmanaged<int*, int>)library.Find("cuCtxGetDevice");
        ModuleLoadDataEx =
            (delegate* unmanaged<nint*, void*, uint, int*, void**, int>)library.Find("cuModuleLoadDataEx");
        ModuleUnload = (delegate* unmanaged<nint, int>)library.Find("cuModuleUnload");
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)library.Find("cuModuleGetFunction");
        FuncGetAttribute = (delegate* unmanaged<int*, int, nint, int>)library.Find("cuFuncGetAttribute");
        FuncSetAttribute = (delegate* unmanaged<nint, int, int, int>)library.Find("cuFuncSetAttribute");
        LaunchKernel = (delegate* unmanaged<
            nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)library.Find("cuLaunchKernel");
        MemGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)library.Find("cuMemGetInfo_v2");
        MemAlloc = (delegate* unmanaged<ulong*, nuint, int>)library.Find("cuMemAlloc_v2");
        MemFree = (delegate* unmanaged<ulong, int>)library.Find("cuMemFree_v2");
        PointerGetAttribute =
            (delegate* unmanaged<void*, int, ulong, int>)library.Find("cuPointerGetAttribute");
        MemHostAlloc = (delegate* unmanaged<void**, nuint, uint, int>)library.Find("cuMemHostAlloc");
        MemFreeHost = (delegate* unmanaged<nint, int>)library.Find("cuMemFreeHost");
        MemcpyHtoDAsync = (delegate* unmanaged<ulong, void*, nuint, nint, int>)library.Find("cuMemcpyHtoDAsync_v2");
        MemcpyDtoHAsync = (delegate* unmanaged<void*, ulong, nuint, nint, int>)library.Find("cuMemcpyDtoHAsync_v2");
        MemcpyDtoDAsync = (delegate* unmanaged<ulong, ulong, nuint, nint, int>)library.Find("cuMemcpyDtoDAsync_v2");
        MemsetD8Async = (delegate* unmanaged<ulong, byte, nuint, nint, int>)library.Find("cuMemsetD8Async");
        StreamCreate = (delegate* unmanaged<nint*, uint, int>)library.Find("cuStreamCreate");
        StreamDestroy = (delegate* unmanaged<nint, int>)library.Find("cuStreamDestroy_v2");
        StreamSynchronize = (delegate* unmanaged<nint, int>)library.Find("cuStreamSynchronize");
        StreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)library.Find("cuStreamWaitEvent");
        StreamIsCapturing = (delegate* unmanaged<nint, int*, int>)library.Find("cuStreamIsCapturing");
        StreamBeginCapture = (delegate* unmanaged<nint, int, int>)library.Find("cuStreamBeginCapture_v2");
        StreamEndCapture = (delegate* unmanaged<nint, nint*, int>)library.Find("cuStreamEndCapture");
        GraphInstantiate = (delegate* unmanaged<nint*, nint, ulong, int>)library.Find("cuGraphInstantiateWithFlags");
        GraphLaunch = (delegate* unmanaged<nint, nint, int>)library.Find("cuGraphLaunch");
        GraphDestroy = (delegate* unmanaged<nint, int>)library.Find("cuGraphDestroy");
        GraphExecDestroy = (delegate* unmanaged<nint, int>)library.Find("cuGraphExecDestroy");
        EventCreate = (delegate* unmanaged<nint*, uint, int>)library.Find("cuEventCreate");
        EventDestroy = (delegate* unmanaged<nint, int>)library.Find("cuEventDestroy_v2");
        EventRecord = (delegate* unmanaged<nint, nint, uint, int>)library.Find("cuEventRecordWithFlags");
        EventSynchronize = (delegate* unmanaged<nint, int>)library.Find("cuEventSynchronize");
        EventQuery = (delegate* unmanaged<nint, int>)library.Find("cuEventQuery");
        EventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)library.Find("cuEventElapsedTime");
        Start(library);
    }

    /// <summary>Loads the driver and starts it.</summary>
    /// <param name="path">The library, or null for the system's.</param>
    /// <exception cref="GpuException">There is none, it is too old, or it does not start.</exception>
    public static CudaDriver Load(string? path) => new(path is not null
        ? DriverLibrary.Load("CUDA", path)
        : DriverLibrary.Load("CUDA", OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1"));

    /// <summary>Throws if a call failed.</summary>
    /// <param name="code">Its result.</param>
    /// <param name="call">Its name, and what it was about.</param>
    /// <exception cref="GpuException">The kind follows from the result; the message has the driver's text.</exception>
    public void Check(int code, string call)
    {
        if (code != 0)
        {
            throw Error(code, call);
        }
    }

    public GpuException Error(int code, string call) => new(KindOf(code), $"{call}: {TextOf(code)}", code);

    private static GpuErrorKind KindOf(int code) => code switch
    {
        CudaResult.OutOfMemory => GpuErrorKind.OutOfMemory,
        CudaResult.NoDevice or CudaResult.InvalidDevice or CudaResult.DeviceUnavailable => GpuErrorKind.NoDevice,
        CudaResult.InvalidImage or CudaResult.NoBinaryForGpu or CudaResult.InvalidPtx
            or CudaResult.JitCompilerNotFound or CudaResult.UnsupportedPtxVersion
            or CudaResult.JitCompilationDisabled or CudaResult.NotFound => GpuErrorKind.Compilation,
        CudaResult.EccUncorrectable or CudaResult.NvlinkUncorrectable or CudaResult.ContextIsDestroyed
            or CudaResult.IllegalAddress or CudaResult.LaunchTimeout or CudaResult.Assert
            or (>= CudaResult.HardwareStackError and <= CudaResult.LaunchFailed) => GpuErrorKind.DeviceLost,
        CudaResult.InvalidValue or CudaResult.InvalidHandle or CudaResult.NotReady
            or CudaResult.LaunchOutOfResources or CudaResult.NotSupported
            or (>= CudaResult.FirstOfCapture and <= CudaResult.LastOfCapture) => GpuErrorKind.InvalidOperation,
        _ => GpuErrorKind.Driver,
    };

    private void Start(DriverLibrary library)
    {
        var init = (delegate* unmanaged<uint, int>)library.Find("cuInit");
        var driverGetVersion = (delegate* unmanaged<int*, int>)library.Find("cuDriverGetVersion");
        Check(init(0), "cuInit");
        int version;
        Check(driverGetVersion(&version), "cuDriverGetVersion");
        if (version < OldestVersion)
        {
            throw new GpuException(
                GpuErrorKind.NoDevice,
                $"the CUDA driver is too old: it supports CUDA {version / 1000}.{version % 1000 / 10}, expected 11.5");
        }
    }

    private string TextOf(int code)
    {
        byte* name = null;
        byte* text = null;
        return _getErrorName(code, &name) == 0 && _getErrorString(code, &text) == 0
            ? $"{Marshal.PtrToStringUTF8((nint)name)}: {Marshal.PtrToStringUTF8((nint)text)}"
            : $"CUDA error {code}";
    }
}
