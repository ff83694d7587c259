using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>The arguments of a launch as the emulator's form of a kernel reads them.</summary>
public sealed class EmulatedArguments
{
    private readonly DeviceRange?[] _ranges;
    private readonly byte[][] _values;

    internal EmulatedArguments(in KernelLaunch launch)
    {
        _ranges = new DeviceRange?[launch.Count];
        _values = new byte[launch.Count][];
        for (int i = 0; i < launch.Count; i++)
        {
            ref readonly KernelArgument argument = ref launch.Argument(i);
            if (argument.Memory is null)
            {
                _values[i] = launch.Value(i).ToArray();
            }
            else
            {
                _ranges[i] = new DeviceRange(
                    ((EmulatedMemory)argument.Memory).Storage,
                    argument.OffsetInBytes,
                    argument.LengthInBytes,
                    launch.Kernel.Parameters[i].Name);
            }
        }
    }

    /// <summary>An argument that is memory to be read and written.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="index">Its place.</param>
    public GlobalView<T> View<T>(int index)
        where T : unmanaged => new(new DevicePointer(_ranges[index]!, 0));

    /// <summary>An argument that is memory to be read.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="index">Its place.</param>
    public ReadOnlyGlobalView<T> ReadOnlyView<T>(int index)
        where T : unmanaged => new(new DevicePointer(_ranges[index]!, 0));

    /// <summary>An argument that is a value.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="index">Its place.</param>
    public T Value<T>(int index)
        where T : unmanaged => MemoryMarshal.Read<T>(_values[index].AsSpan(0, Unsafe.SizeOf<T>()));
}
