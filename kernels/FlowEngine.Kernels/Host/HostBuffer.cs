using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Host;

/// <summary>Aligned host memory outside the managed heap.</summary>
/// <typeparam name="T">The element type: float or double.</typeparam>
internal sealed unsafe class HostBuffer<T> : DeviceBuffer
    where T : unmanaged
{
    // A cache line, and the width of the widest vector load.
    private const nuint Alignment = 64;

    private T* _pointer;

    public HostBuffer(long length)
        : base(typeof(T) == typeof(double) ? ElementType.Float64 : ElementType.Float32, length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        nuint bytes = checked((nuint)length * (nuint)sizeof(T));
        _pointer = (T*)NativeMemory.AlignedAlloc(Math.Max(bytes, Alignment), Alignment);
        NativeMemory.Clear(_pointer, bytes);
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
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
