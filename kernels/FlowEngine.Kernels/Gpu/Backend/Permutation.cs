using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void PermuteChannels(ImageShape shape, BufferView permutation, bool inverse, BufferView x, BufferView y)
    {
        using Lock.Scope queue = _queue.EnterScope();
        PermutationKernels.Permute(
            _stream,
            Cover(shape.Length, PermutationKernels.PermuteKernel),
            View(x, shape.Length),
            View(permutation, shape.Channels),
            View(y, shape.Length),
            shape.Length,
            shape.Channels,
            inverse ? 1 : 0);
    }
}
