using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void CouplingForward(
        CouplingKind kind, ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int parts = Parts(shape.PixelsPerImage, CouplingKernels.PixelsPerPart);
        GpuView<float> partials = _partials.OfLength((long)shape.Batch * parts);
        CouplingKernels.Forward(
            _stream,
            new LaunchGrid(parts, shape.Batch),
            View(x, shape.Length),
            View(output, OutputLength(kind, shape)),
            View(y, shape.Length),
            partials,
            shape.PixelsPerImage,
            shape.Channels,
            IsAffine(kind));
        if (kind == CouplingKind.Affine)
        {
            AddPartsOfImages(partials, logDet, parts, shape.Batch);
        }
    }

    /// <inheritdoc/>
    public void CouplingInverse(CouplingKind kind, ImageShape shape, BufferView y, BufferView output, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        long length = (long)shape.Pixels * (shape.Channels - (shape.Channels / 2));
        CouplingKernels.Inverse(
            _stream,
            Cover(length, CouplingKernels.InverseKernel),
            View(y, shape.Length),
            View(output, OutputLength(kind, shape)),
            View(x, shape.Length),
            length,
            shape.Channels,
            IsAffine(kind));
    }

    /// <inheritdoc/>
    public void CouplingBackward(
        CouplingKind kind,
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput)
    {
        using Lock.Scope queue = _queue.EnterScope();
        long length = (long)shape.Pixels * (shape.Channels - (shape.Channels / 2));
        CouplingKernels.Backward(
            _stream,
            Cover(length, CouplingKernels.BackwardKernel),
            View(y, shape.Length),
            View(output, OutputLength(kind, shape)),
            View(dy, shape.Length),
            View(dLogDet, shape.Batch),
            View(dx, shape.Length),
            View(dOutput, OutputLength(kind, shape)),
            length,
            shape.PixelsPerImage,
            shape.Channels,
            IsAffine(kind));
    }

    private static int IsAffine(CouplingKind kind) => kind == CouplingKind.Affine ? 1 : 0;

    private static long OutputLength(CouplingKind kind, ImageShape shape) =>
        (kind == CouplingKind.Affine ? 2L : 1L) * shape.Pixels * (shape.Channels - (shape.Channels / 2));

    // sums[b] += the parts of image b in order, and addend · factor.

    private void AddPartsOfImages(GpuView<float> partials, BufferView sums, int parts, int batch) =>
        AddPartsOfImages(partials, _nothing.View, 0, sums, parts, batch);

    private void AddPartsOfImages(
        GpuView<float> partials, GpuView<float> addend, float factor, BufferView sums, int parts, int batch) =>
        SumKernels.AddPartsOfRows(
            _stream,
            Cover(batch, SumKernels.AddPartsOfRowsKernel),
            partials,
            addend,
            View(sums, batch),
            parts,
            factor,
            batch);
}
