using ILGPU;

namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's view of device memory that is only read, over ILGPU's.</summary>
internal readonly struct ReadOnlyGlobalView<T>(ArrayView<T> memory, long start)
    where T : unmanaged
{
    public readonly ArrayView<T> Memory = memory;
    public readonly long Start = start;

    public T this[long index] => Memory[Start + index];

    public ReadOnlyGlobalView<T> Slice(long start) => new(Memory, Start + start);
}
