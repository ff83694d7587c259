namespace FlowEngine.Kernels.Gpu;

/// <summary>A block of float32 in the memory of a GPU.</summary>
internal sealed class GpuDeviceBuffer : DeviceBuffer
{
    private readonly GpuBuffer<float>? _owned;
    private readonly GpuView<float> _borrowed;

    public GpuDeviceBuffer(GpuDevice device, long length)
        : base(ElementType.Float32, length)
    {
        Device = device;
        _owned = device.Allocate<float>(Math.Max(1, length));
    }

    /// <summary>What is not freed with this.</summary>
    public GpuDeviceBuffer(GpuDevice device, GpuView<float> borrowed)
        : base(ElementType.Float32, borrowed.Length)
    {
        Device = device;
        _borrowed = borrowed;
    }

    /// <summary>The device it lies on.</summary>
    public GpuDevice Device { get; }

    /// <summary>The elements; one at least.</summary>
    public GpuView<float> Elements => _owned?.View ?? _borrowed;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _owned?.Dispose();
        }
    }
}
