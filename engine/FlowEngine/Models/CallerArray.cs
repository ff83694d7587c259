using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Models;

/// <summary>An array of a caller: in host memory, pinned for the call, or in that of the model's GPU.</summary>
/// <typeparam name="T">The element.</typeparam>
internal readonly unsafe struct CallerArray<T>
    where T : unmanaged
{
    private readonly T* _host;
    private readonly GpuView<T> _device;

    /// <summary>An array in host memory.</summary>
    public CallerArray(T* host, long length)
    {
        _host = host;
        Length = length;
    }

    /// <summary>An array in the memory of a GPU.</summary>
    public CallerArray(GpuView<T> device) => (_device, Length) = (device, device.Length);

    /// <summary>Elements.</summary>
    public long Length { get; }

    /// <summary>The elements of an array in host memory, at most 2^31 - 1.</summary>
    public Span<T> Span => new(_host, checked((int)Length));

    /// <summary>The elements of an array in the memory of a GPU.</summary>
    public GpuView<T> Device => _device;

    /// <summary>A part of this array.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie within this array.</exception>
    public CallerArray<T> Slice(long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        return _host is null && length > 0
            ? new CallerArray<T>(_device.Slice(start, length))
            : new CallerArray<T>(_host + start, length);
    }
}
