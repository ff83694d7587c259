using System.Diagnostics.CodeAnalysis;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Native;

/// <summary>
/// A device that models with the same options share: one team of threads, or one queue of a GPU, for all of them.
/// </summary>
internal sealed unsafe class SharedDevice
{
    private static readonly Lock _lock = new();
    private static readonly Dictionary<DeviceOptions, SharedDevice> _open = [];

    private readonly DeviceOptions _options;
    private int _users;

    private SharedDevice(DeviceOptions options, IBackend backend) => (_options, Backend) = (options, backend);

    /// <summary>Computes.</summary>
    public IBackend Backend { get; }

    /// <summary><c>FLOW_BACKEND_...</c>.</summary>
    public int BackendNumber => _options.Backend;

    /// <summary>The ordinal among the devices of the backend.</summary>
    public int Ordinal => _options.Device;

    /// <summary>Threads of the CPU.</summary>
    public int Threads => Backend is CpuBackend cpu ? cpu.Threads : 0;

    /// <summary>Opens what the options say; <see cref="Close"/> gives it back.</summary>
    /// <exception cref="FlowException">There is no such device, or an option is out of range.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The last user disposes it, in Close.")]
    public static SharedDevice Open(DeviceOptions* given)
    {
        DeviceOptions options = Complete(given);
        lock (_lock)
        {
            if (!_open.TryGetValue(options, out SharedDevice? device))
            {
                device = new SharedDevice(
                    options,
                    Devices.Open(
                        DeviceBackend.Selector(options.Backend, options.Device),
                        options.Threads,
                        DevicePrecision.Of(options.Precision)));
                _open.Add(options, device);
            }

            device._users++;
            return device;
        }
    }

    /// <summary>The free and the whole memory of a GPU, in bytes.</summary>
    public static (long Free, long Total) MemoryInBytes(string selector)
    {
        lock (_lock)
        {
            if (_open.Values.FirstOrDefault(device => device.Backend.Name == selector) is { Backend: GpuBackend open })
            {
                return open.MemoryInBytes();
            }
        }

        using GpuDevice closed = GpuDevices.Open(selector);
        return closed.MemoryInBytes();
    }

    /// <summary>One more user, who closes it too.</summary>
    public SharedDevice Share()
    {
        lock (_lock)
        {
            _users++;
            return this;
        }
    }

    /// <summary>Ends the device with its last user.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (--_users > 0)
            {
                return;
            }

            _open.Remove(_options);
        }

        Backend.Dispose();
    }

    // Alike for alike devices: what is left out is filled in.
    private static DeviceOptions Complete(DeviceOptions* given)
    {
        DeviceOptions options = default;
        if (given is not null)
        {
            options = Check.Options<DeviceOptions>(given, DeviceOptions.FirstSize, "device");
            Check.Choice("device.backend", options.Backend, DeviceBackend.Count);
        }

        options.StructSize = 0;
        options.Backend = options.Backend == 0 ? DeviceBackend.Cpu : options.Backend;
        options.Threads = options.Threads == 0 ? Environment.ProcessorCount : options.Threads;
        return options;
    }
}
