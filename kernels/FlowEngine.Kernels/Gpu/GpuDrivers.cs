using FlowEngine.Kernels.Gpu.Cuda;
using FlowEngine.Kernels.Gpu.Emulator;
using FlowEngine.Kernels.Gpu.OpenCl;

namespace FlowEngine.Kernels.Gpu;

/// <summary>The drivers that were found, their devices, and why the others are not there.</summary>
internal sealed class GpuDrivers
{
    private readonly List<GpuDeviceInfo> _devices = [];
    private readonly List<string> _missing = [];
    private readonly CudaDriver? _cuda;
    private readonly OpenClDriver? _openCl;

    /// <summary>Looks for drivers.</summary>
    /// <param name="cudaLibrary">The file of the CUDA driver, or null for the system's.</param>
    /// <param name="openClLibrary">The file of the OpenCL loader, or null for the system's.</param>
    public GpuDrivers(string? cudaLibrary, string? openClLibrary)
    {
        _cuda = Try(() =>
        {
            CudaDriver driver = CudaDriver.Load(cudaLibrary);
            CudaDevice.List(driver, _devices, _missing);
            return driver;
        });
        _openCl = Try(() =>
        {
            OpenClDriver driver = OpenClDriver.Load(openClLibrary);
            OpenClDevice.List(driver, _devices, _missing);
            return driver;
        });
        _devices.Add(EmulatorDevice.Description);
    }

    public IReadOnlyList<GpuDeviceInfo> Devices => _devices;

    public IReadOnlyList<string> Missing => _missing;

    public GpuDevice Open(string selector)
    {
        GpuDeviceInfo? info = _devices.Find(device => device.Selector == selector);
        return info?.Runner switch
        {
            GpuRunner.Cuda => new CudaDevice(_cuda!, info),
            GpuRunner.OpenCl => new OpenClDevice(_openCl!, info),
            GpuRunner.Emulator => new EmulatorDevice(),
            _ => throw NoDevice(selector),
        };
    }

    public GpuDevice Attach(int index, nint context)
    {
        string selector = $"cuda:{index}";
        GpuDeviceInfo? info = _devices.Find(device => device.Selector == selector);
        return info is null ? throw NoDevice(selector) : new CudaDevice(_cuda!, info, context);
    }

    private GpuException NoDevice(string selector) => new(
        GpuErrorKind.NoDevice,
        $"there is no device {selector}; expected {string.Join(", ", _devices.Select(device => device.Selector))}"
        + $"{string.Concat(_missing.Select(reason => $"; {reason}"))}");

    private TDriver? Try<TDriver>(Func<TDriver> load)
        where TDriver : class
    {
        try
        {
            return load();
        }
        catch (GpuException e)
        {
            _missing.Add(e.Message);
            return null;
        }
    }
}
