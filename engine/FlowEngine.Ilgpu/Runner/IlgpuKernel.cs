using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;
using ILGPU;
using ILGPU.Runtime;

namespace FlowEngine.Ilgpu;

/// <summary>A kernel that ILGPU compiled for an accelerator.</summary>
[SuppressMessage("Performance", "CA1859", Justification = "What reads an argument is a ReadArgument.")]
internal sealed class IlgpuKernel
{
    private readonly Kernel _kernel;
    private readonly int _blockSize;
    private readonly ReadArgument[] _arguments;

    /// <summary>Compiles a kernel.</summary>
    /// <param name="device">Where it will run.</param>
    /// <param name="descriptor">The kernel.</param>
    /// <exception cref="GpuException">InvalidOperation: it is not among ILGPU's, or its groups are too large; Compilation: ILGPU
    /// or its driver refused it.</exception>
    public IlgpuKernel(IlgpuDevice device, KernelDescriptor descriptor)
    {
        MethodInfo method = IlgpuKernels.MethodOf(descriptor, device.Info.Selector);
        _blockSize = descriptor.BlockSize;
        if (_blockSize > device.Accelerator.MaxNumThreadsPerGroup)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation,
                $"{device.Info.Selector}: {descriptor.Name} has groups of {_blockSize} threads, the device runs at most "
                + $"{device.Accelerator.MaxNumThreadsPerGroup}");
        }

        try
        {
            _kernel = device.Accelerator.LoadKernel(method, new KernelSpecialization(_blockSize, null));
        }
        catch (Exception e) when (e is InternalCompilerException or AcceleratorException or NotSupportedException)
        {
            throw new GpuException(
                GpuErrorKind.Compilation,
                $"{device.Info.Selector}: ILGPU does not compile {descriptor.Name}: {(e.InnerException ?? e).Message}");
        }

        _arguments = [.. method.GetParameters().Select(parameter => ReaderOf(parameter.ParameterType))];
    }

    // An argument as the kernel's parameter has it.
    private delegate object ReadArgument(in KernelLaunch launch, int index);

    /// <summary>A launch as it can be queued, now and again.</summary>
    /// <param name="launch">A launch of this kernel.</param>
    public Action<AcceleratorStream> Prepare(in KernelLaunch launch)
    {
        LaunchGrid grid = launch.Grid;
        SharedMemoryConfig shared =
            grid.DynamicSharedBytes == 0 ? default : SharedMemoryConfig.RequestDynamic<byte>(grid.DynamicSharedBytes);
        KernelConfig config = new(new Index3D(grid.X, grid.Y, grid.Z), new Index3D(_blockSize, 1, 1), shared);
        object[] arguments = new object[_arguments.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _arguments[i](in launch, i);
        }

        return stream => _kernel.Launch(stream, config, arguments);
    }

    private static ReadArgument ReaderOf(Type type)
    {
        Type? view = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        (string reader, Type element) = view == typeof(GlobalView<>) ? (nameof(View), type.GenericTypeArguments[0])
            : view == typeof(ReadOnlyGlobalView<>) ? (nameof(ReadOnlyView), type.GenericTypeArguments[0])
            : (nameof(Value), type);
        return typeof(IlgpuKernel).GetMethod(reader, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(element)
            .CreateDelegate<ReadArgument>();
    }

    private static object View<T>(in KernelLaunch launch, int index)
        where T : unmanaged => new GlobalView<T>(Memory<T>(in launch, index), 0);

    private static object ReadOnlyView<T>(in KernelLaunch launch, int index)
        where T : unmanaged => new ReadOnlyGlobalView<T>(Memory<T>(in launch, index), 0);

    private static object Value<T>(in KernelLaunch launch, int index)
        where T : unmanaged => MemoryMarshal.Read<T>(launch.Value(index));

    private static ArrayView<T> Memory<T>(in KernelLaunch launch, int index)
        where T : unmanaged
    {
        KernelArgument argument = launch.Argument(index);
        return ((IlgpuMemory)argument.Memory!).Bytes(argument.OffsetInBytes, argument.LengthInBytes).Cast<T>();
    }
}
