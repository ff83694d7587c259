using System.Runtime.InteropServices;

namespace FlowEngine.Cli;

/// <summary>ONNX Runtime, looked up at run time: what of its C API runs a network.</summary>
/// <remarks>
/// Its functions stand at fixed places of a table that only grows, so that any library since version 1.5 will do. The managed
/// package would ask for 1.14, and make a delegate of each of the table's 300 functions.
/// </remarks>
internal sealed unsafe class OnnxLibrary
{
    /// <summary>The environment variable that names the library.</summary>
    public const string Variable = "FLOWENGINE_ONNXRUNTIME";

    private const uint ApiVersion = 5;

    /// <summary>What fails is told by statuses: the runtime writes nothing of its own.</summary>
    private const int FatalLevel = 4;

    private static readonly Lock _lock = new();
    private static OnnxLibrary? _loaded;

    private readonly nint* _functions;

    private OnnxLibrary(string name, nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "OrtGetApiBase", out nint getBase))
        {
            throw Missing($"{name} is no ONNX Runtime: it has no OrtGetApiBase");
        }

        nint* of = ((delegate* unmanaged<nint*>)getBase)();
        _functions = ((delegate* unmanaged<uint, nint*>)of[0])(ApiVersion);
        if (_functions is null)
        {
            throw Missing($"{name} is ONNX Runtime {Text(((delegate* unmanaged<nint>)of[1])())}, expected 1.5 or later");
        }

        nint environment = 0;
        fixed (byte* id = "flow\0"u8)
        {
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)_functions[3])(FatalLevel, id, &environment));
        }

        Environment = environment;
    }

    /// <summary>Places in the table, as onnxruntime_c_api.h has them.</summary>
    public enum Function
    {
        GetErrorMessage = 2,
        CreateSessionFromArray = 8,
        Run = 9,
        CreateSessionOptions = 10,
        SessionGetInputCount = 30,
        SessionGetOutputCount = 31,
        SessionGetInputTypeInfo = 33,
        SessionGetOutputTypeInfo = 34,
        SessionGetInputName = 36,
        SessionGetOutputName = 37,
        CreateTensorWithDataAsOrtValue = 49,
        GetTensorMutableData = 51,
        CastTypeInfoToTensorInfo = 55,
        GetTensorElementType = 60,
        GetDimensionsCount = 61,
        GetDimensions = 62,
        GetTensorTypeAndShape = 65,
        CreateCpuMemoryInfo = 69,
        AllocatorFree = 76,
        GetAllocatorWithDefaultOptions = 78,
        ReleaseStatus = 93,
        ReleaseMemoryInfo = 94,
        ReleaseSession = 95,
        ReleaseValue = 96,
        ReleaseTypeInfo = 98,
        ReleaseTensorTypeAndShapeInfo = 99,
        ReleaseSessionOptions = 100,
        AddSessionConfigEntry = 130,
    }

    /// <summary>The one environment of the process, which lasts as long as it does.</summary>
    public nint Environment { get; }

    /// <summary>The library, which is loaded once.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.NoDevice"/>: none was found.</exception>
    public static OnnxLibrary Load()
    {
        lock (_lock)
        {
            return _loaded ??= Find();
        }
    }

    /// <summary>A function.</summary>
    /// <param name="function">Which.</param>
    public void* this[Function function] => (void*)_functions[(int)function];

    /// <summary>Calls what gives one thing.</summary>
    public nint Get(Function function)
    {
        nint result = 0;
        Check(((delegate* unmanaged<nint*, nint>)this[function])(&result));
        return result;
    }

    /// <summary>Calls what gives one thing of another.</summary>
    public nint Get(Function function, nint of)
    {
        nint result = 0;
        Check(((delegate* unmanaged<nint, nint*, nint>)this[function])(of, &result));
        return result;
    }

    /// <summary>Calls what gives one of several things of another.</summary>
    public nint Get(Function function, nint of, int index)
    {
        nint result = 0;
        Check(((delegate* unmanaged<nint, nint, nint*, nint>)this[function])(of, index, &result));
        return result;
    }

    /// <summary>Calls what gives a name of a session.</summary>
    public string GetName(Function function, nint session, int index)
    {
        nint allocator = Get(Function.GetAllocatorWithDefaultOptions);
        nint text = 0;
        Check(((delegate* unmanaged<nint, nint, nint, nint*, nint>)this[function])(session, index, allocator, &text));
        string name = Text(text);
        Check(((delegate* unmanaged<nint, nint, nint>)this[Function.AllocatorFree])(allocator, text));
        return name;
    }

    /// <summary>Gives something back.</summary>
    public void Release(Function function, nint what) => ((delegate* unmanaged<nint, void>)this[function])(what);

    /// <summary>Throws what a status says; null is success.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: the runtime refused.</exception>
    public void Check(nint status)
    {
        if (status == 0)
        {
            return;
        }

        string message = Text(((delegate* unmanaged<nint, nint>)this[Function.GetErrorMessage])(status));
        Release(Function.ReleaseStatus, status);
        throw new FlowException(FlowErrorKind.InvalidArgument, $"ONNX Runtime: {message}");
    }

    /// <summary>Finds the library: as the environment says, else beside the command, else where the system looks.</summary>
    private static OnnxLibrary Find()
    {
        string? named = System.Environment.GetEnvironmentVariable(Variable);
        string[] names = named is { Length: > 0 } ? [named]
            : OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
            : OperatingSystem.IsMacOS() ? ["libonnxruntime.dylib"]
            : ["libonnxruntime.so", "libonnxruntime.so.1"];
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, typeof(OnnxLibrary).Assembly, null, out nint handle))
            {
                return new OnnxLibrary(name, handle);
            }
        }

        throw Missing($"no ONNX Runtime: {string.Join(" or ", names)} was not found");
    }

    private static string Text(nint text) => Marshal.PtrToStringUTF8(text) ?? string.Empty;

    private static FlowException Missing(string problem) => new(
        FlowErrorKind.NoDevice,
        $"{problem}; name libonnxruntime.so in {Variable}, or put it beside flow: pip's package onnxruntime has one in "
        + "onnxruntime/capi, and so have the releases of ONNX Runtime");
}
