using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void AutoregressiveNormalize(
        ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.Dims, AutoregressiveKernels.PartLength);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        AutoregressiveKernels.Normalize(
            _stream,
            new LaunchGrid(parts, shape.Batch),
            View(x, shape.Length),
            View(output, 2 * shape.Length),
            View(y, shape.Length),
            partials,
            shape.Dims);
        AddPartsOfImages(partials, logDet, parts, shape.Batch);
    }

    /// <inheritdoc/>
    public void AutoregressiveDenormalize(ImageShape shape, BufferView y, BufferView output, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        AutoregressiveKernels.Denormalize(
            _stream,
            Cover(shape.Length, AutoregressiveKernels.DenormalizeKernel),
            View(y, shape.Length),
            View(output, 2 * shape.Length),
            View(x, shape.Length),
            shape.Length);
    }

    /// <inheritdoc/>
    public void AutoregressiveBackward(
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput)
    {
        using Lock.Scope queue = _queue.EnterScope();
        AutoregressiveKernels.Backward(
            _stream,
            Cover(shape.Length, AutoregressiveKernels.BackwardKernel),
            View(y, shape.Length),
            View(output, 2 * shape.Length),
            View(dy, shape.Length),
            View(dLogDet, shape.Batch),
            View(dx, shape.Length),
            View(dOutput, 2 * shape.Length),
            shape.Length,
            shape.Dims);
    }
}
