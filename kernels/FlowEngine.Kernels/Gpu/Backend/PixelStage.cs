using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void PixelStageForward(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView x,
        in PixelAffineMap next,
        BufferView output,
        BufferView coupled,
        BufferView y,
        BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        var layout = new PreparedNetwork(network, Fused(network));
        GpuView<float> weights = AlignedView(prepared, layout.Length);
        int tiles = Parts(shape.PixelsPerImage, PixelStageKernels.PixelsPerTile);
        long partialLength = (long)tiles * shape.Batch;

        // What is absent is never written, but two parameters of a kernel may not name the same memory.
        GpuView<float> scratch = _partials.OfLength(partialLength + 2);
        GpuView<float> partials = scratch.Slice(0, partialLength);
        PixelStageKernels.Forward(
            _stream,
            StageGrid(shape),
            AlignedView(taps, TapsLength(network, shape)),
            weights.Slice(layout.Bias3, network.OutputChannels),
            weights.Slice(layout.Border, layout.BorderLength),
            next.IsEmpty ? _nothing.View : ForwardMap(next),
            View(x, shape.Length),
            output.IsEmpty ? scratch.Slice(partialLength, 1) : View(output, OutputLength(kind, shape)),
            coupled.IsEmpty ? scratch.Slice(partialLength + 1, 1) : View(coupled, shape.Length),
            View(y, shape.Length),
            partials,
            StageShape(kind, shape, !next.IsEmpty, !output.IsEmpty, !coupled.IsEmpty, squeeze: false));
        if (kind == CouplingKind.Affine || !next.IsEmpty)
        {
            AddPartsOfImages(
                partials,
                next.IsEmpty ? _nothing.View : View(next.LogDet, 1),
                next.IsEmpty ? 0 : shape.PixelsPerImage,
                logDet,
                kind == CouplingKind.Affine ? tiles : 0,
                shape.Batch);
        }
    }

    /// <inheritdoc/>
    public void PixelStageInverse(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView x,
        bool squeeze = false)
    {
        using Lock.Scope queue = _queue.EnterScope();
        var layout = new PreparedNetwork(network, Fused(network));
        GpuView<float> weights = AlignedView(prepared, layout.Length);
        PixelStageKernels.Inverse(
            _stream,
            StageGrid(shape),
            AlignedView(taps, TapsLength(network, shape)),
            weights.Slice(layout.Bias3, network.OutputChannels),
            weights.Slice(layout.Border, layout.BorderLength),
            InverseMap(map),
            View(y, shape.Length),
            View(x, shape.Length),
            StageShape(kind, shape, map: true, keepOutput: false, keepCoupled: false, squeeze));
    }

    /// <inheritdoc/>
    public void PixelStageBackward(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx,
        BufferView dOutput,
        bool squeeze = false)
    {
        using Lock.Scope queue = _queue.EnterScope();
        var layout = new PreparedNetwork(network, Fused(network));
        GpuView<float> weights = AlignedView(prepared, layout.Length);
        PixelStageKernels.Backward(
            _stream,
            StageGrid(shape),
            AlignedView(taps, TapsLength(network, shape)),
            weights.Slice(layout.Bias3, network.OutputChannels),
            weights.Slice(layout.Border, layout.BorderLength),
            InverseMap(map),
            View(y, shape.Length),
            View(dy, shape.Length),
            View(dLogDet, shape.Batch),
            View(x, shape.Length),
            View(dx, shape.Length),
            View(dOutput, OutputLength(kind, shape)),
            StageShape(kind, shape, map: true, keepOutput: false, keepCoupled: false, squeeze));
    }

    private static LaunchGrid StageGrid(ImageShape shape) => new(
        Parts(shape.PixelsPerImage, PixelStageKernels.PixelsPerTile),
        shape.Batch,
        DynamicSharedBytes: PixelStageKernels.PixelsPerTile * shape.Channels * sizeof(float));

    private static PixelStageKernels.Shape StageShape(
        CouplingKind kind, ImageShape shape, bool map, bool keepOutput, bool keepCoupled, bool squeeze) => new(
        shape.Height,
        shape.Width,
        shape.Channels,
        kind == CouplingKind.Affine ? shape.Channels : shape.Channels / 2,
        IsAffine(kind),
        map ? 1 : 0,
        keepOutput ? 1 : 0,
        keepCoupled ? 1 : 0,
        SqueezedWidth(shape, squeeze));

    // The matrix and, after it, the offset.
    private GpuView<float> ForwardMap(in PixelAffineMap map)
    {
        long length = (long)map.Channels * (map.Channels + 1);
        return View(map.Storage.Slice(0, length), length);
    }

    private GpuView<float> InverseMap(in PixelAffineMap map)
    {
        long length = (long)map.Channels * (map.Channels + 1);
        return View(map.Storage.Slice(length, length), length);
    }
}
