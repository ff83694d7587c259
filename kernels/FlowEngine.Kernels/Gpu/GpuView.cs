using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Gpu;

/// <summary>A run of elements in the memory of a device, borrowed from its owner.</summary>
/// <typeparam name="T">The element.</typeparam>
public readonly struct GpuView<T>
    where T : unmanaged
{
    internal GpuView(GpuMemory memory, long start, long length)
    {
        Memory = memory;
        Start = start;
        Length = length;
    }

    /// <summary>The number of elements.</summary>
    public long Length { get; }

    internal GpuMemory Memory { get; }

    internal long Start { get; }

    internal long OffsetInBytes => Start * Unsafe.SizeOf<T>();

    internal long LengthInBytes => Length * Unsafe.SizeOf<T>();

    /// <summary>A part of this view.</summary>
    /// <param name="start">Its first element.</param>
    /// <param name="length">Its number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within this view.</exception>
    public GpuView<T> Slice(long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        return new(Memory, Start + start, length);
    }

    /// <summary>The same memory as elements of another type, as many as fit.</summary>
    /// <typeparam name="TOther">The other type; this view begins on a whole one.</typeparam>
    internal GpuView<TOther> As<TOther>()
        where TOther : unmanaged =>
        new(Memory, OffsetInBytes / Unsafe.SizeOf<TOther>(), LengthInBytes / Unsafe.SizeOf<TOther>());
}
