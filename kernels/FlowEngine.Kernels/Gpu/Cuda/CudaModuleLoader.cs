using System.Text;

namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>Has the driver compile PTX for its GPU.</summary>
internal static unsafe class CudaModuleLoader
{
    private const int InfoLogBuffer = 3;
    private const int InfoLogSize = 4;
    private const int ErrorLogBuffer = 5;
    private const int ErrorLogSize = 6;
    private const int LogLength = 16 * 1024;

    /// <summary>Loads a module.</summary>
    /// <param name="device">The device.</param>
    /// <param name="name">The module's name, for errors.</param>
    /// <param name="ptx">The text, ended by a zero.</param>
    /// <exception cref="GpuException">The message ends with the driver's log.</exception>
    public static nint Load(CudaDevice device, string name, byte[] ptx)
    {
        byte[] errors = new byte[LogLength];
        byte[] notes = new byte[LogLength];
        nint module;
        int code;
        using (device.Enter())
        {
            fixed (byte* text = ptx, errorLog = errors, infoLog = notes)
            {
                int* options = stackalloc int[] { InfoLogBuffer, InfoLogSize, ErrorLogBuffer, ErrorLogSize };
                void** values = stackalloc void*[] { infoLog, (void*)LogLength, errorLog, (void*)LogLength };
                code = device.Driver.ModuleLoadDataEx(&module, text, 4, options, values);
            }
        }

        if (code != 0)
        {
            GpuException error = device.Driver.Error(code, $"{device.Info.Selector}: cuModuleLoadDataEx of {name}");
            throw new GpuException(error.Kind, $"{error.Message}{Text(errors)}{Text(notes)}", code);
        }

        return module;
    }

    private static string Text(byte[] log)
    {
        int end = Array.IndexOf(log, (byte)0);
        string text = Encoding.UTF8.GetString(log, 0, end < 0 ? log.Length : end).Trim();
        return text.Length == 0 ? string.Empty : $"\n{text}";
    }
}
