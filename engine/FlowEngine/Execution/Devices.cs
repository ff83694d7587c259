using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Execution;

/// <summary>The devices models run on, by name.</summary>
public static class Devices
{
    /// <summary>The names that <see cref="Open"/> takes on this machine, the default first.</summary>
    public static IReadOnlyList<string> Names => ["cpu", .. GpuDevices.List().Select(device => device.Selector)];

    /// <summary>Opens a device.</summary>
    /// <param name="name">A name of <see cref="Names"/>, or <c>auto</c> for the CPU.</param>
    /// <param name="threads">Threads of the CPU; 0 for one per core.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.NoDevice"/>: there is no such device;
    /// <see cref="FlowErrorKind.InvalidArgument"/>: a negative thread count.</exception>
    public static IBackend Open(string name, int threads = 0)
    {
        if (threads is < 0 or > 1024)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"threads is {threads}, expected 0 (one per core) to 1024");
        }

        if (name is "auto" or "cpu")
        {
            return new CpuBackend(threads);
        }

        try
        {
            return new GpuBackend(GpuDevices.Open(name));
        }
        catch (GpuException e) when (e.Kind == GpuErrorKind.NoDevice)
        {
            throw new FlowException(
                FlowErrorKind.NoDevice,
                $"there is no device {name}; expected auto, {string.Join(", ", Names)}",
                e);
        }
    }
}
