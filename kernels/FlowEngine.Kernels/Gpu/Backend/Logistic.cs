using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void LogisticLogProb(ImageShape shape, BufferView z, BufferView logProb)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.Dims, LogisticKernels.PartLength);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        LogisticKernels.LogProb(
            _stream, new LaunchGrid(parts, shape.Batch), View(z, shape.Length), partials, shape.Dims);
        AddPartsOfImages(partials, logProb, parts, shape.Batch);
    }

    /// <inheritdoc/>
    public void LogisticBackward(ImageShape shape, BufferView z, BufferView dLogProb, BufferView dz)
    {
        using Lock.Scope queue = _queue.EnterScope();
        LogisticKernels.Backward(
            _stream,
            Cover(shape.Length, LogisticKernels.BackwardKernel),
            View(z, shape.Length),
            View(dLogProb, shape.Batch),
            View(dz, shape.Length),
            shape.Length,
            shape.Dims);
    }

    /// <inheritdoc/>
    public void LogisticSample(ImageShape shape, BufferView uniform, double temperature, BufferView z)
    {
        using Lock.Scope queue = _queue.EnterScope();
        LogisticKernels.Sample(
            _stream,
            Cover(shape.Length, LogisticKernels.SampleKernel),
            View(uniform, shape.Length),
            View(z, shape.Length),
            (float)temperature,
            shape.Length);
    }
}
