using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void LogitForward(ImageShape shape, double margin, BufferView x, BufferView y, BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.Dims, LogitKernels.PartLength);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        LogitKernels.Forward(
            _stream,
            new LaunchGrid(parts, shape.Batch),
            View(x, shape.Length),
            View(y, shape.Length),
            partials,
            shape.Dims,
            (float)margin);
        AddPartsOfImages(partials, logDet, parts, shape.Batch);
    }

    /// <inheritdoc/>
    public void LogitInverse(ImageShape shape, double margin, BufferView y, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        LogitKernels.Inverse(
            _stream,
            Cover(shape.Length, LogitKernels.InverseKernel),
            View(y, shape.Length),
            View(x, shape.Length),
            shape.Length,
            (float)margin);
    }

    /// <inheritdoc/>
    public void LogitBackward(
        ImageShape shape, double margin, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx)
    {
        using Lock.Scope queue = _queue.EnterScope();
        LogitKernels.Backward(
            _stream,
            Cover(shape.Length, LogitKernels.BackwardKernel),
            View(y, shape.Length),
            View(dy, shape.Length),
            View(dLogDet, shape.Batch),
            View(dx, shape.Length),
            shape.Length,
            shape.Dims,
            (float)margin);
    }
}
