using System.Diagnostics.CodeAnalysis;
using FlowEngine.Kernels.Gpu;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace FlowEngine.Ilgpu;

/// <summary>The devices of ILGPU as devices of this library: ILGPU compiles the kernels of FlowEngine while the program runs.</summary>
/// <remarks>
/// Speed and bits are ILGPU's: its exponential and its logarithm are approximate, and its sums of products may contract. The
/// kernels of the fused network are not among them; networks take the way of devices with little shared memory.
/// </remarks>
public static class IlgpuDevices
{
    // What every GPU gives to a group without being asked; ILGPU asks for no more.
    private const int SharedBytes = 48 * 1024;
    private const int Warp = 32;

    /// <summary>The devices: GPUs of CUDA, those of OpenCL, and ILGPU's CPU accelerator.</summary>
    public static IReadOnlyList<GpuDeviceInfo> List()
    {
        using Context context = CreateContext();
        return [.. context.Devices.Select(device => Describe(device, context))];
    }

    /// <summary>Opens a device.</summary>
    /// <param name="selector">Its name in the list, as ilgpu:0.</param>
    /// <exception cref="GpuException">NoDevice: there is none, the message says what exists, or its warps are not of 32
    /// threads.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The device owns its context and accelerator.")]
    public static GpuDevice Open(string selector)
    {
        Context context = CreateContext();
        try
        {
            Device device = context.Devices.FirstOrDefault(device => Describe(device, context).Selector == selector)
                ?? throw new GpuException(
                    GpuErrorKind.NoDevice,
                    $"there is no device {selector}; expected "
                    + string.Join(", ", context.Devices.Select(device => Describe(device, context).Selector)));
            CheckWarps(device, context);
            return new IlgpuDevice(device.CreateAccelerator(context), context);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Makes a device of an accelerator, which stays the caller's.</summary>
    /// <remarks>Dispose it before the accelerator.</remarks>
    /// <param name="accelerator">An accelerator of a context with <c>EnableAlgorithms</c>.</param>
    /// <exception cref="GpuException">NoDevice: its warps are not of 32 threads.</exception>
    public static GpuDevice Attach(Accelerator accelerator)
    {
        CheckWarps(accelerator.Device, accelerator.Context);
        return new IlgpuDevice(accelerator, context: null);
    }

    internal static GpuDeviceInfo Describe(Device device, Context context) => new(
        GpuRunner.Ilgpu,
        context.Devices.IndexOf(device),
        device.Name,
        device is CPUDevice ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : device.MemorySize,
        $"ILGPU {Context.Version}, {device.AcceleratorType}",
        device.NumMultiprocessors,
        Math.Min(SharedBytes, device.MaxSharedMemoryPerGroup));

    // Groups of the kernels have up to 256 threads.
    private static Context CreateContext() => Context.Create(builder => builder
        .Cuda()
        .OpenCL()
        .CPU(new CPUDevice(Warp, 8, 1))
        .EnableAlgorithms());

    private static void CheckWarps(Device device, Context context)
    {
        if (device.WarpSize != Warp)
        {
            throw new GpuException(
                GpuErrorKind.NoDevice,
                $"{Describe(device, context).Selector}: {device.Name} has warps of {device.WarpSize} threads, expected {Warp}");
        }
    }
}
