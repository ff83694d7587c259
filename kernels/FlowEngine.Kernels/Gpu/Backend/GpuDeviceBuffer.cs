namespace FlowEngine.Kernels.Gpu;

/// <summary>A block of float32 in the memory of a GPU.</summary>
internal sealed class GpuDeviceBuffer : DeviceBuffer
{
    private readonly GpuBuffer<float> _buffer;

    public GpuDeviceBuffer(GpuDevice device, long length)
        : base(ElementType.Float32, length)
    {
        Device = device;
        _buffer = device.Allocate<float>(Math.Max(1, length));
    }

    /// <summary>The device it lies on.</summary>
    public GpuDevice Device { get; }

    /// <summary>The elements; one at least.</summary>
    public GpuView<float> Elements => _buffer.View;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _buffer.Dispose();
        }
    }
}
