using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>Sets the arguments of a launch on a kernel object and queues it.</summary>
internal static unsafe class OpenClLaunch
{
    private const int Dimensions = 3;

    /// <summary>
    /// Sets all arguments. Of memory there are two: the buffer, and the element at which the view starts.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="kernel">The kernel object.</param>
    /// <param name="launch">The launch.</param>
    public static void SetArguments(OpenClDevice device, nint kernel, in KernelLaunch launch)
    {
        uint place = 0;
        for (int i = 0; i < launch.Count; i++)
        {
            ref readonly KernelArgument argument = ref launch.Argument(i);
            if (argument.Memory is OpenClMemory memory)
            {
                nint handle = memory.Handle;
                long start = argument.OffsetInBytes / launch.Kernel.Parameters[i].SizeInBytes;
                Set(device, kernel, ref place, (nuint)sizeof(nint), &handle, in launch, i);
                Set(device, kernel, ref place, sizeof(long), &start, in launch, i);
            }
            else
            {
                // The launch is a ref struct: it lies on the stack and stays where it is.
                void* value = Unsafe.AsPointer(ref MemoryMarshal.GetReference(launch.Value(i)));
                Set(device, kernel, ref place, (nuint)argument.LengthInBytes, value, in launch, i);
            }
        }

        if (launch.Kernel.UsesDynamicShared)
        {
            // OpenCL does not know an array of no bytes; one that nobody may touch does no harm.
            int bytes = Math.Max(launch.Grid.DynamicSharedBytes, sizeof(int));
            device.Check(
                device.Driver.SetKernelArg(kernel, place, (nuint)bytes, null),
                "clSetKernelArg of the dynamic shared memory");
        }
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

    private static void Set(
        OpenClDevice device, nint kernel, ref uint place, nuint size, void* value, in KernelLaunch launch, int index)
    {
        int code = device.Driver.SetKernelArg(kernel, place++, size, value);
        if (code != 0)
        {
            throw OpenClResult.Error(
                code,
                $"{device.Info.Selector}: clSetKernelArg for {launch.Kernel.Name}, {launch.Kernel.Parameters[index].Name}");
        }
    }
}
