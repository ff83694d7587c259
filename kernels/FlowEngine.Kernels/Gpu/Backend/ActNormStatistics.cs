using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void ActNormStatistics(ImageShape shape, BufferView x, BufferView mean, BufferView deviation)
    {
        using Lock.Scope queue = _queue.EnterScope();
        Statistics(View(x, shape.Length), shape.Pixels, shape.Channels, mean, deviation);
    }

    private void Statistics(GpuView<float> x, int pixels, int channels, BufferView mean, BufferView deviation)
    {
        GpuView<double> parts = ChannelParts(x, pixels, channels, out int count);
        SumKernels.Statistics(
            _stream,
            Cover(channels, SumKernels.StatisticsKernel),
            parts,
            View(mean, channels),
            View(deviation, channels),
            count,
            channels,
            pixels);
    }
}
