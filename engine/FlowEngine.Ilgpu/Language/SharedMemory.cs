namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's shared memory, over ILGPU's.</summary>
internal static class SharedMemory
{
    public static SharedView<T> Allocate<T>(int length)
        where T : unmanaged => new(ILGPU.SharedMemory.Allocate<T>(length), 0);

    public static SharedView<T> GetDynamic<T>()
        where T : unmanaged => new(ILGPU.SharedMemory.GetDynamic<T>(), 0);
}
