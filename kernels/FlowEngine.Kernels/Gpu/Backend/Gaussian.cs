using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private const int PixelsPerStatisticsPart = 256;

    /// <inheritdoc/>
    public void GaussianLogProb(ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView logProb)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.Dims, GaussianKernels.PartLength);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        GaussianKernels.LogProb(
            _stream,
            new LaunchGrid(parts, shape.Batch),
            View(z, shape.Length),
            View(prior, 2L * priorBatch * shape.Dims),
            partials,
            PriorShape(shape, priorBatch));
        AddPartsOfImages(partials, logProb, parts, shape.Batch);
    }

    /// <inheritdoc/>
    public void GaussianBackward(
        ImageShape shape,
        BufferView z,
        BufferView prior,
        int priorBatch,
        BufferView dLogProb,
        BufferView dz,
        BufferView dPrior)
    {
        using Lock.Scope queue = _queue.EnterScope();
        GaussianKernels.Backward(
            _stream,
            Cover((long)priorBatch * shape.Dims, GaussianKernels.BackwardKernel),
            View(z, shape.Length),
            View(prior, 2L * priorBatch * shape.Dims),
            View(dLogProb, shape.Batch),
            View(dz, shape.Length),
            View(dPrior, 2L * priorBatch * shape.Dims),
            PriorShape(shape, priorBatch));
    }

    /// <inheritdoc/>
    public void GaussianSample(
        ImageShape shape, BufferView noise, BufferView prior, int priorBatch, double temperature, BufferView z)
    {
        using Lock.Scope queue = _queue.EnterScope();
        GaussianKernels.Sample(
            _stream,
            Cover(shape.Length, GaussianKernels.SampleKernel),
            View(noise, shape.Length),
            View(prior, 2L * priorBatch * shape.Dims),
            View(z, shape.Length),
            (float)temperature,
            PriorShape(shape, priorBatch));
    }

    /// <inheritdoc/>
    public void GaussianStandardize(
        ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView noise)
    {
        using Lock.Scope queue = _queue.EnterScope();
        GaussianKernels.Standardize(
            _stream,
            Cover(shape.Length, GaussianKernels.StandardizeKernel),
            View(z, shape.Length),
            View(prior, 2L * priorBatch * shape.Dims),
            View(noise, shape.Length),
            PriorShape(shape, priorBatch));
    }

    /// <inheritdoc/>
    public void BroadcastChannels(ImageShape shape, BufferView values, BufferView destination)
    {
        using Lock.Scope queue = _queue.EnterScope();
        MemoryKernels.BroadcastChannels(
            _stream,
            Cover(shape.Length, MemoryKernels.BroadcastChannelsKernel),
            View(values, shape.Channels),
            View(destination, shape.Length),
            shape.Length,
            shape.Channels);
    }

    /// <inheritdoc/>
    public void SumChannels(ImageShape shape, BufferView x, BufferView sums)
    {
        using Lock.Scope queue = _queue.EnterScope();
        AddChannels(View(x, shape.Length), shape.Pixels, View(sums, shape.Channels));
    }

    // sums += the sum of each channel over the pixels.
    private void AddChannels(GpuView<float> x, int pixels, GpuView<float> sums)
    {
        int channels = (int)sums.Length;
        GpuView<double> parts = ChannelParts(x, pixels, channels, out int count);
        SumKernels.SumChannels(
            _stream, Cover(channels, SumKernels.SumChannelsKernel), parts, sums, count, channels);
    }

    private static GaussianKernels.Shape PriorShape(ImageShape shape, int priorBatch) =>
        new(shape.Batch, priorBatch, shape.Dims, shape.Channels);

    // The sums and the sums of squares of each channel over parts of the pixels.
    private GpuView<double> ChannelParts(GpuView<float> x, int pixels, int channels, out int count)
    {
        count = Parts(pixels, PixelsPerStatisticsPart);
        GpuView<double> parts = _wideScratch.OfLength(2L * count * channels);
        SumKernels.ChannelsOfParts(
            _stream, new LaunchGrid(count), x, parts, pixels, channels, PixelsPerStatisticsPart);
        return parts;
    }
}
