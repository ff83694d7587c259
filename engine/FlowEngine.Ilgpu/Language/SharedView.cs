using ILGPU;

namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's view of shared memory, over ILGPU's.</summary>
internal readonly struct SharedView<T>(ArrayView<T> memory, long start)
    where T : unmanaged
{
    public readonly ArrayView<T> Memory = memory;
    public readonly long Start = start;

    public T this[long index]
    {
        get => Memory[Start + index];
        set => Memory[Start + index] = value;
    }

    public SharedView<T> Slice(long start) => new(Memory, Start + start);
}
