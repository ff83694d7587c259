using System.Text;

namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>
/// Has the driver compile a module: the prelude, which defines the language's words in OpenCL C, then its text.
/// </summary>
internal static unsafe class OpenClProgramBuilder
{
    private const string PreludeResource = "preludes/opencl.h";
    private const string Options = "-cl-std=CL1.2";
    private const string ExactDivision = " -cl-fp32-correctly-rounded-divide-sqrt";
    private const string OnProcessor = " -D FLOW_CPU";
    private const long DividesExactly = 1 << 7;
    private const long Processor = 1 << 1;
    private const uint BuildLog = 0x1183;

    // What PoCL says where a temporary file went away. Its compiler has a signal handler that removes such files, and a
    // null reference in managed code of any thread is such a signal. They come in bursts: each attempt waits twice as long
    // as the one before it, 2.5 seconds in all.
    private const string LostFile = "unable to rename temporary";
    private const int Attempts = 8;
    private const int FirstWaitMilliseconds = 20;

    private static readonly Lazy<byte[]> _prelude = new(ReadPrelude);
    private static readonly Lock _building = new();

    /// <summary>Builds a module; one at a time, because drivers share a cache of files among all devices.</summary>
    /// <param name="device">The device.</param>
    /// <param name="handle">Its handle.</param>
    /// <param name="module">The module.</param>
    /// <exception cref="GpuException">Compilation: the message ends with the driver's log.</exception>
    public static nint Build(OpenClDevice device, nint handle, KernelModule module)
    {
        OpenClDriver driver = device.Driver;
        OpenClDeviceQuery query = new(driver, handle);
        bool exact = (query.Long(OpenClDeviceQuery.SingleFloat) & DividesExactly) != 0;
        bool processor = (query.Long(OpenClDeviceQuery.Type) & Processor) != 0;
        byte[] options = Encoding.UTF8.GetBytes(
            $"{Options}{(exact ? ExactDivision : "")}{(processor ? OnProcessor : "")}\0");
        lock (_building)
        {
            for (int attempt = 1; ; attempt++)
            {
                nint program = Create(device, module);
                int code;
                fixed (byte* first = options)
                {
                    code = driver.BuildProgram(program, 1, &handle, first, 0, 0);
                }

                if (code == 0)
                {
                    return program;
                }

                string log = Log(driver, program, handle);
                _ = driver.ReleaseProgram(program);
                if (attempt == Attempts || !log.Contains(LostFile, StringComparison.Ordinal))
                {
                    GpuException error = OpenClResult.Error(code, $"{device.Info.Selector}: clBuildProgram of {module.Name}");
                    throw new GpuException(GpuErrorKind.Compilation, $"{error.Message}\n{log}", code);
                }

                Thread.Sleep(FirstWaitMilliseconds << (attempt - 1));
            }
        }
    }

    private static nint Create(OpenClDevice device, KernelModule module)
    {
        int code;
        fixed (byte* prelude = _prelude.Value, body = module.Source)
        {
            byte** texts = stackalloc byte*[] { prelude, body };
            nuint* lengths = stackalloc nuint[] { (nuint)_prelude.Value.Length, (nuint)module.Source.Length };
            nint program = device.Driver.CreateProgramWithSource(device.Context, 2, texts, lengths, &code);
            device.Check(code, $"clCreateProgramWithSource of {module.Name}");
            return program;
        }
    }

    private static string Log(OpenClDriver driver, nint program, nint device)
    {
        nuint length;
        if (driver.GetProgramBuildInfo(program, device, BuildLog, 0, null, &length) != 0 || length == 0)
        {
            return "the driver has no log";
        }

        byte[] log = new byte[length];
        fixed (byte* first = log)
        {
            return driver.GetProgramBuildInfo(program, device, BuildLog, length, first, null) == 0
                ? Encoding.UTF8.GetString(log).TrimEnd('\0').Trim()
                : "the driver did not give its log";
        }
    }

    private static byte[] ReadPrelude()
    {
        using Stream resource = typeof(OpenClProgramBuilder).Assembly.GetManifestResourceStream(PreludeResource)
            ?? throw new InvalidOperationException($"the library was built without its resource {PreludeResource}");
        byte[] text = new byte[resource.Length];
        resource.ReadExactly(text);
        return text;
    }
}
