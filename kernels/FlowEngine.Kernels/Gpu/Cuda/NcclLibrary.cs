using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>The functions of NCCL that are used, looked up at run time.</summary>
internal sealed unsafe class NcclLibrary
{
    public const int Uint8 = 1;
    public const int Float32 = 7;
    public const int Sum = 0;

    /// <summary>The result of what is under way, and no error.</summary>
    public const int InProgress = 7;

    public readonly delegate* unmanaged<NcclId*, int> GetUniqueId;
    public readonly delegate* unmanaged<nint*, int, NcclId, int, int> CommInitRank;
    public readonly delegate* unmanaged<nint, int> CommDestroy;
    public readonly delegate* unmanaged<nint, int> CommAbort;
    public readonly delegate* unmanaged<nint, int*, int> CommGetAsyncError;
    public readonly delegate* unmanaged<ulong, ulong, nuint, int, int, nint, nint, int> AllReduce;
    public readonly delegate* unmanaged<ulong, nuint, int, int, nint, nint, int> Send;
    public readonly delegate* unmanaged<ulong, nuint, int, int, nint, nint, int> Receive;
    public readonly delegate* unmanaged<int> GroupStart;
    public readonly delegate* unmanaged<int> GroupEnd;

    private static readonly Lazy<NcclLibrary?> _found = new(Load);

    private readonly delegate* unmanaged<int, byte*> _getErrorString;

    private NcclLibrary(DriverLibrary library)
    {
        GetUniqueId = (delegate* unmanaged<NcclId*, int>)library.Find("ncclGetUniqueId");
        CommInitRank = (delegate* unmanaged<nint*, int, NcclId, int, int>)library.Find("ncclCommInitRank");
        CommDestroy = (delegate* unmanaged<nint, int>)library.Find("ncclCommDestroy");
        CommAbort = (delegate* unmanaged<nint, int>)library.Find("ncclCommAbort");
        CommGetAsyncError = (delegate* unmanaged<nint, int*, int>)library.Find("ncclCommGetAsyncError");
        AllReduce = (delegate* unmanaged<ulong, ulong, nuint, int, int, nint, nint, int>)library.Find("ncclAllReduce");
        Send = (delegate* unmanaged<ulong, nuint, int, int, nint, nint, int>)library.Find("ncclSend");
        Receive = (delegate* unmanaged<ulong, nuint, int, int, nint, nint, int>)library.Find("ncclRecv");
        GroupStart = (delegate* unmanaged<int>)library.Find("ncclGroupStart");
        GroupEnd = (delegate* unmanaged<int>)library.Find("ncclGroupEnd");
        _getErrorString = (delegate* unmanaged<int, byte*>)library.Find("ncclGetErrorString");
    }

    /// <summary>The library of this machine, or the file that FLOWENGINE_NCCL names; null where it is missing, or the variable says none.</summary>
    /// <exception cref="GpuException">NoDevice: it has not the functions that are used.</exception>
    public static NcclLibrary? Found => _found.Value;

    /// <summary>The library, where it is needed.</summary>
    /// <exception cref="GpuException">NoDevice: it is missing.</exception>
    public static NcclLibrary Required => Found
        ?? throw new GpuException(
            GpuErrorKind.NoDevice, "there is no NCCL: libnccl.so.2 was not found (FLOWENGINE_NCCL names the file)");

    /// <summary>Throws if a call failed.</summary>
    /// <param name="code">Its result.</param>
    /// <param name="call">Its name.</param>
    public void Check(int code, string call)
    {
        if (code != 0)
        {
            throw Error(code, call);
        }
    }

    /// <summary>What NCCL says of a result.</summary>
    /// <param name="code">The result.</param>
    /// <param name="what">What had it.</param>
    public GpuException Error(int code, string what) => new(
        GpuErrorKind.Driver, $"{what}: {Marshal.PtrToStringUTF8((nint)_getErrorString(code))}", code);

    private static NcclLibrary? Load()
    {
        string? named = Environment.GetEnvironmentVariable("FLOWENGINE_NCCL");
        if (named is { Length: > 0 })
        {
            return named == "none" ? null : new NcclLibrary(DriverLibrary.Load("NCCL", named));
        }

        try
        {
            return new NcclLibrary(DriverLibrary.Load("NCCL", "libnccl.so.2", "libnccl.so"));
        }
        catch (GpuException)
        {
            return null;
        }
    }
}
