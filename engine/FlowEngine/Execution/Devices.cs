using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Execution;

/// <summary>The devices models run on, by name.</summary>
public static class Devices
{
    /// <summary>The names that <see cref="Open"/> takes on this machine, the default first.</summary>
    public static IReadOnlyList<string> Names => ["cpu", .. GpuDevices.List().Select(device => device.Selector)];

    /// <summary>Opens a device. Drivers of GPUs are looked up when the first GPU is asked for, not before.</summary>
    /// <param name="name">A name of <see cref="Names"/>, or <c>auto</c> for the CPU.</param>
    /// <param name="threads">Threads of the CPU; 0 for one per core.</param>
    /// <param name="precision">What coupling networks round the factors of their products to.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.NoDevice"/>: there is no such device;
    /// <see cref="FlowErrorKind.InvalidArgument"/>: a thread count out of range;
    /// <see cref="FlowErrorKind.Unsupported"/>: the device has no such precision.</exception>
    public static IBackend Open(string name, int threads = 0, NetworkPrecision precision = NetworkPrecision.Full)
    {
        if (threads is < 0 or > 1024)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"threads is {threads}, expected 0 (one per core) to 1024");
        }

        if (name is "auto" or "cpu")
        {
            return precision == NetworkPrecision.Full
                ? new CpuBackend(threads)
                : throw new FlowException(
                    FlowErrorKind.Unsupported,
                    $"{name} computes coupling networks in fp32, and {PrecisionNames.Of(precision)} was asked for");
        }

        try
        {
            return GpuBackend.Open(name, precision);
        }
        catch (GpuException e) when (e.Kind == GpuErrorKind.NoDevice)
        {
            throw new FlowException(
                FlowErrorKind.NoDevice,
                $"there is no device {name}; expected auto, {string.Join(", ", Names)}"
                + string.Concat(GpuDevices.Missing().Select(reason => $"; {reason}")),
                e);
        }
    }
}
