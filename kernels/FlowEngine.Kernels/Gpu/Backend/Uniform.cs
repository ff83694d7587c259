using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void UniformLogProb(ImageShape shape, BufferView z, BufferView bounds, BufferView logProb)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.Dims, UniformKernels.PartLength);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        UniformKernels.LogProb(
            _stream,
            new LaunchGrid(parts, shape.Batch),
            View(z, shape.Length),
            View(bounds, 2L * shape.Dims),
            partials,
            shape.Dims);
        AddPartsOfImages(partials, logProb, parts, shape.Batch);
    }

    /// <inheritdoc/>
    public void UniformSample(ImageShape shape, BufferView uniform, BufferView bounds, double temperature, BufferView z)
    {
        using Lock.Scope queue = _queue.EnterScope();
        UniformKernels.Sample(
            _stream,
            Cover(shape.Length, UniformKernels.SampleKernel),
            View(uniform, shape.Length),
            View(bounds, 2L * shape.Dims),
            View(z, shape.Length),
            (float)temperature,
            shape.Length,
            shape.Dims);
    }
}
