using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>Allocates memory that the threads of a group share. Only in the outermost scope of a kernel.</summary>
public static class SharedMemory
{
    /// <summary>Memory whose size is known when the kernel is compiled, aligned to 128 bytes, not yet set.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="length">The number of elements, a constant. All of a kernel's together hold at most 48 KiB.</param>
    public static SharedView<T> Allocate<T>(int length)
        where T : unmanaged =>
        new(DeviceThread.Current.AllocateShared(length * Unsafe.SizeOf<T>()));

    /// <summary>
    /// The memory whose size the launch says (<see cref="Gpu.LaunchGrid.DynamicSharedBytes"/>); once in a kernel.
    /// </summary>
    /// <typeparam name="T">The element.</typeparam>
    public static SharedView<T> GetDynamic<T>()
        where T : unmanaged =>
        new(DeviceThread.Current.AllocateShared(DeviceThread.Current.DynamicSharedBytes));
}
