using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>Sets the arguments of a launch on a kernel object and queues it.</summary>
internal static unsafe class OpenClLaunch
{
    private const int Dimensions = 3;
    private const uint RegionOfBuffer = 0x1220;

    /// <summary>Sets all arguments.</summary>
    /// <param name="device">The device.</param>
    /// <param name="kernel">The kernel object.</param>
    /// <param name="launch">The launch.</param>
    /// <param name="parts">Room for <see cref="KernelLaunch.MaxArguments"/> buffers.</param>
    /// <returns>How many buffers were made for views that start within another; the caller frees them.</returns>
    public static int SetArguments(OpenClDevice device, nint kernel, in KernelLaunch launch, Span<nint> parts)
    {
        int made = 0;
        try
        {
            for (int i = 0; i < launch.Count; i++)
            {
                ref readonly KernelArgument argument = ref launch.Argument(i);
                int code;
                if (argument.Memory is OpenClMemory memory)
                {
                    nint handle = memory.Handle;
                    if (argument.OffsetInBytes != 0 && argument.LengthInBytes != 0)
                    {
                        handle = Part(device, memory, in argument, in launch, i);
                        parts[made++] = handle;
                    }

                    code = device.Driver.SetKernelArg(kernel, (uint)i, (nuint)sizeof(nint), &handle);
                }
                else
                {
                    // The launch is a ref struct: it lies on the stack and stays where it is.
                    void* value = Unsafe.AsPointer(ref MemoryMarshal.GetReference(launch.Value(i)));
                    code = device.Driver.SetKernelArg(kernel, (uint)i, (nuint)argument.LengthInBytes, value);
                }

                if (code != 0)
                {
                    throw Error(device, code, "clSetKernelArg", in launch, i);
                }
            }

            if (launch.Kernel.UsesDynamicShared)
            {
                // OpenCL does not know an array of no bytes; one that nobody may touch does no harm.
                int bytes = Math.Max(launch.Grid.DynamicSharedBytes, sizeof(int));
                device.Check(
                    device.Driver.SetKernelArg(kernel, (uint)launch.Count, (nuint)bytes, null),
                    "clSetKernelArg of the dynamic shared memory");
            }
        }
        catch (GpuException)
        {
            Release(device, parts[..made]);
            throw;
        }

        return made;
    }

    /// <summary>Queues a kernel object whose arguments are set.</summary>
    public static void Enqueue(OpenClDevice device, nint queue, nint kernel, KernelDescriptor descriptor, LaunchGrid grid)
    {
        nuint* threads = stackalloc nuint[Dimensions]
        {
            (nuint)grid.X * (nuint)descriptor.BlockSize, (nuint)grid.Y, (nuint)grid.Z,
        };
        nuint* group = stackalloc nuint[Dimensions] { (nuint)descriptor.BlockSize, 1, 1 };
        int code = device.Driver.EnqueueNdRangeKernel(queue, kernel, Dimensions, null, threads, group, 0, null, null);
        if (code != 0)
        {
            throw OpenClResult.Error(code, $"{device.Info.Selector}: clEnqueueNDRangeKernel of {descriptor.Name}");
        }
    }

    /// <summary>Frees buffers; the driver keeps them until queued work is done with them.</summary>
    public static void Release(OpenClDevice device, ReadOnlySpan<nint> parts)
    {
        foreach (nint part in parts)
        {
            _ = device.Driver.ReleaseMemObject(part);
        }
    }

    // A kernel takes whole buffers, so a view that starts within one becomes a buffer of its own.
    private static nint Part(
        OpenClDevice device, OpenClMemory memory, in KernelArgument argument, in KernelLaunch launch, int index)
    {
        if (argument.OffsetInBytes % device.OffsetAlignment != 0)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation,
                $"{device.Info.Selector}: {launch.Kernel.Name}: {launch.Kernel.Parameters[index].Name} starts at byte "
                + $"{argument.OffsetInBytes} of its buffer, the device wants a multiple of {device.OffsetAlignment}");
        }

        nuint* region = stackalloc nuint[] { (nuint)argument.OffsetInBytes, (nuint)argument.LengthInBytes };
        int code;
        nint part = device.Driver.CreateSubBuffer(memory.Handle, 0, RegionOfBuffer, region, &code);
        return code == 0 ? part : throw Error(device, code, "clCreateSubBuffer", in launch, index);
    }

    private static GpuException Error(OpenClDevice device, int code, string call, in KernelLaunch launch, int index) =>
        OpenClResult.Error(
            code, $"{device.Info.Selector}: {call} for {launch.Kernel.Name}, {launch.Kernel.Parameters[index].Name}");
}
