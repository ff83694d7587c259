using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>Memory that the threads of a group share.</summary>
/// <remarks>In C a pointer, whose address space is this type. In the emulator every access is checked.</remarks>
/// <typeparam name="T">The element: a primitive number, <see cref="BFloat16"/> or a readonly struct of them.</typeparam>
public readonly struct SharedView<T>
    where T : unmanaged
{
    internal SharedView(DevicePointer pointer) => Pointer = pointer;

    internal DevicePointer Pointer { get; }

    /// <summary>An element.</summary>
    /// <param name="index">Its index from the start of this view.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public T this[long index, [CallerLineNumber] int line = 0, [CallerFilePath] string file = ""]
    {
        get => Pointer.Read<T>(index * Unsafe.SizeOf<T>(), new SourceLine(file, line));
        set => Pointer.Write(index * Unsafe.SizeOf<T>(), value, new SourceLine(file, line));
    }

    /// <summary>The view that starts at an element of this one. Its end is that of this view's memory.</summary>
    /// <param name="start">The element's index; a negative one goes back.</param>
    public SharedView<T> Slice(long start) => new(Pointer.Move(start * Unsafe.SizeOf<T>()));
}
