using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>An array of one thread, held in registers: index it by constants or in unrolled loops.</summary>
/// <remarks>A kernel whose C code would put it into memory instead fails the check of its PTX.</remarks>
/// <typeparam name="T">The element: a primitive number or a vector.</typeparam>
public readonly struct LocalArray<T>
    where T : unmanaged
{
    private readonly DevicePointer _pointer;

    /// <summary>An array whose elements are not yet set.</summary>
    /// <param name="length">A constant.</param>
    public LocalArray(int length) => _pointer = DeviceThread.Current.AllocateLocal(length * Unsafe.SizeOf<T>());

    private LocalArray(DevicePointer pointer) => _pointer = pointer;

    /// <summary>An element.</summary>
    /// <param name="index">Its index from the start of this array.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public T this[int index, [CallerLineNumber] int line = 0, [CallerFilePath] string file = ""]
    {
        get => _pointer.Read<T>((long)index * Unsafe.SizeOf<T>(), new SourceLine(file, line));
        set => _pointer.Write((long)index * Unsafe.SizeOf<T>(), value, new SourceLine(file, line));
    }

    /// <summary>The array that starts at an element of this one.</summary>
    /// <param name="start">The element's index.</param>
    public LocalArray<T> Slice(int start) => new(_pointer.Move((long)start * Unsafe.SizeOf<T>()));
}
