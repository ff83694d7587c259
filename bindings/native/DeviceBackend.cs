using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Native;

/// <summary>The numbers <c>FLOW_BACKEND_...</c> of flowengine.h.</summary>
internal static class DeviceBackend
{
    /// <summary>The CPU.</summary>
    public const int Cpu = 1;

    /// <summary>NVIDIA's GPUs.</summary>
    public const int Cuda = 2;

    private const int OpenCl = 3;
    private const int Emulator = 4;

    private static readonly string[] _names = ["auto", "cpu", "cuda", "opencl", "emulator"];

    /// <summary>How many there are.</summary>
    public static int Count => _names.Length;

    /// <summary>The number of what runs a GPU's kernels.</summary>
    public static int Of(GpuRunner runner) => runner switch
    {
        GpuRunner.Cuda => Cuda,
        GpuRunner.OpenCl => OpenCl,
        _ => Emulator,
    };

    /// <summary>What the engine calls a device.</summary>
    /// <param name="backend">The number.</param>
    /// <param name="device">The ordinal among the devices of that backend.</param>
    /// <exception cref="FlowException">The backend has only one device, and another was asked for.</exception>
    public static string Selector(int backend, int device) =>
        backend is Cuda or OpenCl ? $"{_names[backend]}:{device}"
        : device == 0 ? _names[backend]
        : throw new FlowException(
            FlowErrorKind.NoDevice, $"there is no {_names[backend]} device {device}; there is {_names[backend]} 0");
}
