namespace FlowEngine.Kernels;

/// <summary>A contiguous part of a <see cref="DeviceBuffer"/>; the default value stands for "not given".</summary>
/// <param name="Buffer">The buffer, or null for an absent argument.</param>
/// <param name="Offset">The first element.</param>
/// <param name="Length">The number of elements.</param>
public readonly record struct BufferView(DeviceBuffer? Buffer, long Offset, long Length)
{
    /// <summary>True if this stands for "not given".</summary>
    public bool IsEmpty => Buffer is null;

    /// <summary>A part of this view.</summary>
    /// <param name="offset">The first element, counted from the start of this view.</param>
    /// <param name="length">The number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside this view.</exception>
    public BufferView Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new BufferView(Buffer, Offset + offset, length);
    }
}
