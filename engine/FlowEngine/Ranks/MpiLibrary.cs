using System.Runtime.InteropServices;
using System.Text;

namespace FlowEngine.Ranks;

/// <summary>An MPI, looked up at run time: its functions, and the handles in which implementations differ.</summary>
/// <remarks>
/// Open MPI's handles are addresses of structs that it exports, MPICH's are 32-bit numbers, those of the standard's own ABI
/// (MPI 5) pointers of fixed values. All fit a word, and a function that takes 32 bits reads no more of it.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    private const int LongestText = 1024;
    private const int LazyGlobal = 0x101;

    private readonly nint _handle;
    private readonly delegate* unmanaged<int, byte*, int*, int> _errorString;

    private MpiLibrary(string name, nint handle)
    {
        (Name, _handle) = (name, handle);
        InitThread = (delegate* unmanaged<int*, byte***, int, int*, int>)Find("MPI_Init_thread");
        Finalize = (delegate* unmanaged<int>)Find("MPI_Finalize");
        Abort = (delegate* unmanaged<nint, int, int>)Find("MPI_Abort");
        CommRank = (delegate* unmanaged<nint, int*, int>)Find("MPI_Comm_rank");
        CommSize = (delegate* unmanaged<nint, int*, int>)Find("MPI_Comm_size");
        CommSetErrhandler = (delegate* unmanaged<nint, nint, int>)Find("MPI_Comm_set_errhandler");
        Isend = (delegate* unmanaged<byte*, int, nint, int, int, nint, nint*, int>)Find("MPI_Isend");
        Irecv = (delegate* unmanaged<byte*, int, nint, int, int, nint, nint*, int>)Find("MPI_Irecv");
        Iallreduce = (delegate* unmanaged<float*, float*, int, nint, nint, nint, nint*, int>)Find("MPI_Iallreduce");
        Test = (delegate* unmanaged<nint*, int*, byte*, int>)Find("MPI_Test");
        _errorString = (delegate* unmanaged<int, byte*, int*, int>)Find("MPI_Error_string");
        if (NativeLibrary.TryGetExport(handle, "ompi_mpi_comm_world", out nint world))
        {
            (World, Byte, Float) = (world, Find("ompi_mpi_byte"), Find("ompi_mpi_float"));
            (Sum, ErrorsReturn, InPlace) = (Find("ompi_mpi_op_sum"), Find("ompi_mpi_errors_return"), 1);
        }
        else if (name.Contains("mpi_abi", StringComparison.Ordinal))
        {
            // The numbers of an error handler changed in its drafts: an error ends the process, as without one.
            (World, Byte, Float, Sum, ErrorsReturn, InPlace) = (0x101, 0x247, 0x210, 0x21, 0, 1);
        }
        else
        {
            (World, Byte, Float, Sum) = (0x44000000, 0x4C00010D, 0x4C00040A, 0x58000003);
            (ErrorsReturn, InPlace) = (0x54000001, -1);
        }
    }

    /// <summary>The name that it was found by.</summary>
    public string Name { get; }

    /// <summary>MPI_COMM_WORLD.</summary>
    public nint World { get; }

    /// <summary>MPI_BYTE.</summary>
    public nint Byte { get; }

    /// <summary>MPI_FLOAT.</summary>
    public nint Float { get; }

    /// <summary>MPI_SUM.</summary>
    public nint Sum { get; }

    /// <summary>MPI_ERRORS_RETURN; 0 where it is not known.</summary>
    public nint ErrorsReturn { get; }

    /// <summary>MPI_IN_PLACE.</summary>
    public nint InPlace { get; }

    public delegate* unmanaged<int*, byte***, int, int*, int> InitThread { get; }

    public delegate* unmanaged<int> Finalize { get; }

    public delegate* unmanaged<nint, int, int> Abort { get; }

    public delegate* unmanaged<nint, int*, int> CommRank { get; }

    public delegate* unmanaged<nint, int*, int> CommSize { get; }

    public delegate* unmanaged<nint, nint, int> CommSetErrhandler { get; }

    public delegate* unmanaged<byte*, int, nint, int, int, nint, nint*, int> Isend { get; }

    public delegate* unmanaged<byte*, int, nint, int, int, nint, nint*, int> Irecv { get; }

    public delegate* unmanaged<float*, float*, int, nint, nint, nint, nint*, int> Iallreduce { get; }

    /// <summary>Its last argument is a status, for which a word of 64 bytes is enough everywhere.</summary>
    public delegate* unmanaged<nint*, int*, byte*, int> Test { get; }

    /// <summary>Loads the MPI of a launcher.</summary>
    /// <param name="launcher">Whose processes are to find each other.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.NoDevice"/>: no MPI was found.</exception>
    public static MpiLibrary Load(Launcher launcher)
    {
        string[] names = Names(launcher);
        foreach (string name in names)
        {
            if (TryLoad(name, out nint handle))
            {
                return new MpiLibrary(name, handle);
            }
        }

        throw new FlowException(
            FlowErrorKind.NoDevice,
            $"no MPI: none of {string.Join(", ", names)} was found; install the one whose launcher started this process, or name it "
            + "in FLOWENGINE_MPI");
    }

    /// <summary>What MPI says of an error.</summary>
    public string Describe(int error)
    {
        byte* text = stackalloc byte[LongestText];
        int length = 0;
        return _errorString(error, text, &length) == 0
            ? Encoding.UTF8.GetString(text, length)
            : $"error {error}";
    }

    private static string[] Names(Launcher launcher)
    {
        string[] ofStandard = ["libmpi_abi.so.1", "libmpi_abi.so.0", "libmpi_abi.so"];
        string[] ofMpich = ["libmpich.so.12", "libmpi.so.12"];
        return Environment.GetEnvironmentVariable("FLOWENGINE_MPI") is { Length: > 0 } named ? [named] : launcher switch
        {
            Launcher.OpenMpi => ["libmpi.so.40", .. ofStandard],
            Launcher.Mpich => [.. ofMpich, .. ofStandard],
            _ => [.. ofStandard, "libmpi.so.40", .. ofMpich],
        };
    }

    /// <summary>With symbols that what MPI loads later finds, too: plugins of some Open MPIs name no library that they need.</summary>
    private static bool TryLoad(string name, out nint handle)
    {
        handle = 0;
        if (!NativeLibrary.TryLoad("libc.so.6", out nint libc) || !NativeLibrary.TryGetExport(libc, "dlopen", out nint dlopen))
        {
            return NativeLibrary.TryLoad(name, out handle);
        }

        byte[] path = Encoding.UTF8.GetBytes(name + '\0');
        fixed (byte* pointer = path)
        {
            handle = ((delegate* unmanaged<byte*, int, nint>)dlopen)(pointer, LazyGlobal);
        }

        return handle != 0;
    }

    private nint Find(string symbol) => NativeLibrary.TryGetExport(_handle, symbol, out nint address)
        ? address
        : throw new FlowException(FlowErrorKind.NoDevice, $"{Name} is no MPI that is known: it has no {symbol}");
}
