using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void MaskedCouplingInput(ImageShape shape, CouplingMask mask, BufferView x, BufferView input)
    {
        using Lock.Scope queue = _queue.EnterScope();
        ImageShape inputs = shape.WithChannels(mask.InputChannels(shape.Channels));
        MaskedCouplingKernels.Input(
            _stream,
            Cover(inputs.Length, MaskedCouplingKernels.InputKernel),
            View(x, shape.Length),
            View(input, inputs.Length),
            inputs.Length,
            inputs.Channels,
            Sites(shape, mask));
    }

    /// <inheritdoc/>
    public void MaskedCouplingInputBackward(ImageShape shape, CouplingMask mask, BufferView dInput, BufferView dx)
    {
        using Lock.Scope queue = _queue.EnterScope();
        ImageShape inputs = shape.WithChannels(mask.InputChannels(shape.Channels));
        MaskedCouplingKernels.InputBackward(
            _stream,
            Cover(inputs.Length, MaskedCouplingKernels.InputBackwardKernel),
            View(dInput, inputs.Length),
            View(dx, shape.Length),
            inputs.Length,
            inputs.Channels,
            Sites(shape, mask));
    }

    /// <inheritdoc/>
    public void MaskedCouplingForward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView y,
        BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.PixelsPerImage, MaskedCouplingKernels.PixelsPerPart);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        MaskedCouplingKernels.Forward(
            _stream,
            new LaunchGrid(parts, shape.Batch),
            View(factor, mask.Channels),
            View(x, shape.Length),
            View(output, shape.WithChannels(mask.OutputChannels).Length),
            View(y, shape.Length),
            partials,
            Sites(shape, mask));
        AddPartsOfImages(partials, logDet, parts, shape.Batch);
    }

    /// <inheritdoc/>
    public void MaskedCouplingInverse(
        ImageShape shape, CouplingMask mask, BufferView factor, BufferView y, BufferView output, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        MaskedCouplingKernels.Inverse(
            _stream,
            Cover(shape.Length, MaskedCouplingKernels.InverseKernel),
            View(factor, mask.Channels),
            View(y, shape.Length),
            View(output, shape.WithChannels(mask.OutputChannels).Length),
            View(x, shape.Length),
            shape.Length,
            Sites(shape, mask));
    }

    /// <inheritdoc/>
    public long MaskedCouplingWorkspaceLength(ImageShape shape, CouplingMask mask) =>
        (long)Parts(shape.Pixels, MaskedCouplingKernels.PixelsPerFactorPart) * mask.Channels;

    /// <inheritdoc/>
    public void MaskedCouplingBackward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView dFactor,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        long outputLength = shape.WithChannels(mask.OutputChannels).Length;
        MaskedCouplingKernels.Backward(
            _stream,
            Cover(shape.Length, MaskedCouplingKernels.BackwardKernel),
            View(factor, mask.Channels),
            View(x, shape.Length),
            View(output, outputLength),
            View(dy, shape.Length),
            View(dLogDet, shape.Batch),
            View(dx, shape.Length),
            View(dOutput, outputLength),
            shape.Length,
            Sites(shape, mask));
        int count = Parts(shape.Pixels, MaskedCouplingKernels.PixelsPerFactorPart);
        GpuView<float> parts = View(workspace, (long)count * mask.Channels);
        MaskedCouplingKernels.FactorParts(
            _stream,
            new LaunchGrid(count),
            View(factor, mask.Channels),
            View(x, shape.Length),
            View(output, outputLength),
            View(dy, shape.Length),
            View(dLogDet, shape.Batch),
            parts,
            shape.Pixels,
            Sites(shape, mask));
        AddParts(parts, View(dFactor, mask.Channels), count, accumulate: true);
    }

    private static MaskedCouplingKernels.Sites Sites(ImageShape shape, CouplingMask mask) => new(
        shape.PixelsPerImage, shape.Width, shape.Channels, mask.FirstChannel, mask.Channels, mask.Color ?? -1);
}
