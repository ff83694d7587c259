using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu;

/// <summary>The library of a driver, looked up at run time: where it is missing, its devices are not listed.</summary>
/// <remarks>It stays loaded to the end of the process: drivers keep threads of their own.</remarks>
internal sealed unsafe class DriverLibrary
{
    private readonly string _driver;
    private readonly string _name;
    private readonly nint _handle;

    private DriverLibrary(string driver, string name, nint handle)
    {
        _driver = driver;
        _name = name;
        _handle = handle;
    }

    /// <summary>Loads the first library that is there.</summary>
    /// <param name="driver">What to call the driver in errors.</param>
    /// <param name="names">File names, which the system looks up, or paths.</param>
    /// <exception cref="GpuException">NoDevice: none is there.</exception>
    public static DriverLibrary Load(string driver, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                return new DriverLibrary(driver, name, handle);
            }
        }

        throw new GpuException(
            GpuErrorKind.NoDevice,
            $"no {driver} driver: {string.Join(" or ", names)} was not found");
    }

    /// <summary>The address of a function.</summary>
    /// <param name="function">Its name.</param>
    /// <exception cref="GpuException">NoDevice: the library does not have it.</exception>
    public void* Find(string function) => NativeLibrary.TryGetExport(_handle, function, out nint address)
        ? (void*)address
        : throw new GpuException(
            GpuErrorKind.NoDevice, $"the {_driver} driver is too old: {_name} has no {function}");
}
