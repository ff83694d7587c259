using ILGPU;

namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's array of a thread, over ILGPU's local memory.</summary>
internal readonly struct LocalArray<T>
    where T : unmanaged
{
    private readonly ArrayView<T> _memory;
    private readonly int _start;

    public LocalArray(int length)
        : this(LocalMemory.Allocate<T>(length), 0)
    {
    }

    private LocalArray(ArrayView<T> memory, int start)
    {
        _memory = memory;
        _start = start;
    }

    public T this[int index]
    {
        get => _memory[_start + index];
        set => _memory[_start + index] = value;
    }

    public LocalArray<T> Slice(int start) => new(_memory, _start + start);
}
