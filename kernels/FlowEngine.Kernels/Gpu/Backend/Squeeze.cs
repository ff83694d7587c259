using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void SqueezeForward(ImageShape shape, BufferView x, BufferView y)
    {
        using Lock.Scope queue = _queue.EnterScope();
        SqueezeKernels.Forward(
            _stream,
            Cover(shape.Length, SqueezeKernels.ForwardKernel),
            View(x, shape.Length),
            View(y, shape.Length),
            shape.Length,
            shape.Height,
            shape.Width,
            shape.Channels);
    }

    /// <inheritdoc/>
    public void SqueezeInverse(ImageShape shape, BufferView y, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        SqueezeKernels.Inverse(
            _stream,
            Cover(shape.Length, SqueezeKernels.InverseKernel),
            View(y, shape.Length),
            View(x, shape.Length),
            shape.Length,
            shape.Height,
            shape.Width,
            shape.Channels);
    }
}
