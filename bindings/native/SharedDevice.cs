using System.Diagnostics.CodeAnalysis;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Native;

/// <summary>A device that models with the same options share: one team of threads for all of them.</summary>
internal sealed unsafe class SharedDevice
{
    private static readonly Lock _lock = new();
    private static readonly Dictionary<int, SharedDevice> _open = [];

    private readonly int _threads;
    private int _users;

    private SharedDevice(int threads, IBackend backend) => (_threads, Backend) = (threads, backend);

    /// <summary>Computes.</summary>
    public IBackend Backend { get; }

    /// <summary>Threads of the CPU.</summary>
    public int Threads => Backend is CpuBackend cpu ? cpu.Threads : 0;

    /// <summary>Opens what the options say; <see cref="Close"/> gives it back.</summary>
    /// <exception cref="FlowException">There is no such device, or an option is out of range.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The last user disposes it, in Close.")]
    public static SharedDevice Open(DeviceOptions* options)
    {
        int threads = 0;
        if (options is not null)
        {
            Check.Struct(options, sizeof(DeviceOptions), "device");
            Check.Choice("device.backend", options->Backend, DeviceBackend.Names.Length);
            string name = DeviceBackend.Names[options->Backend];
            if (options->Backend > DeviceBackend.Cpu || options->Device != 0)
            {
                throw new FlowException(
                    FlowErrorKind.NoDevice,
                    $"the library has no {name} device {options->Device}; it has cpu 0");
            }

            threads = options->Threads;
        }

        threads = threads == 0 ? Environment.ProcessorCount : threads;
        lock (_lock)
        {
            if (!_open.TryGetValue(threads, out SharedDevice? device))
            {
                device = new SharedDevice(threads, Devices.Open(DeviceBackend.Names[DeviceBackend.Cpu], threads));
                _open.Add(threads, device);
            }

            device._users++;
            return device;
        }
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

            _open.Remove(_threads);
        }

        Backend.Dispose();
    }
}
