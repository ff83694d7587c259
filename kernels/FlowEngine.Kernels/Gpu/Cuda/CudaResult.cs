namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>The results of the CUDA driver that are told apart (CUresult in cuda.h).</summary>
internal static class CudaResult
{
    public const int InvalidValue = 1;
    public const int OutOfMemory = 2;
    public const int DeviceUnavailable = 46;
    public const int NoDevice = 100;
    public const int InvalidDevice = 101;
    public const int InvalidImage = 200;
    public const int NoBinaryForGpu = 209;
    public const int EccUncorrectable = 214;
    public const int InvalidPtx = 218;
    public const int NvlinkUncorrectable = 220;
    public const int JitCompilerNotFound = 221;
    public const int UnsupportedPtxVersion = 222;
    public const int JitCompilationDisabled = 223;
    public const int InvalidHandle = 400;
    public const int NotFound = 500;
    public const int NotReady = 600;
    public const int IllegalAddress = 700;
    public const int LaunchOutOfResources = 701;
    public const int LaunchTimeout = 702;
    public const int ContextIsDestroyed = 709;
    public const int Assert = 710;

    // 714 to 719: hardware stack error, illegal instruction, misaligned address, invalid address space, invalid
    // program counter, launch failed. After each the context answers every call with it.
    public const int HardwareStackError = 714;
    public const int LaunchFailed = 719;
    public const int NotSupported = 801;
    public const int FirstOfCapture = 900;
    public const int LastOfCapture = 908;
}
