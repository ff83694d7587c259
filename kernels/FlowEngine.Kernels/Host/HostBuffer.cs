using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Host;

/// <summary>Aligned host memory outside the managed heap.</summary>
/// <typeparam name="T">The element type: float or double.</typeparam>
internal sealed unsafe class HostBuffer<T> : DeviceBuffer
    where T : unmanaged
{
    // A cache line, and the width of the widest vector load.
    private const nuint Alignment = 64;

    private void* _block;
    private T* _pointer;

    public HostBuffer(long length)
        : base(typeof(T) == typeof(double) ? ElementType.Float64 : ElementType.Float32, length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        nuint bytes = checked((nuint)length * (nuint)sizeof(T));

        // Zeroed by whoever gives the pages: those of a large buffer that are never touched cost nothing.
        _block = NativeMemory.AllocZeroed(checked(bytes + Alignment));
        _pointer = (T*)(((nuint)_block + Alignment - 1) / Alignment * Alignment);
    }

    ~HostBuffer() => Dispose(false);

    public T* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_block);
        _block = null;
        _pointer = null;
    }
}
