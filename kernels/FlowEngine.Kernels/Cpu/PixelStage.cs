namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// One pass over the pixels by <see cref="PixelStageJob{TDirection}"/>; bit for bit what the separate operations give.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.PixelStageForward"/>
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
        float* sums = Pointer(logDet, shape.Batch);
        ImageChunks chunks = ImageChunks.OfPixels(shape.PixelsPerImage);
        PixelStageJob<StageForward> job = StageJob<StageForward>(kind, network, shape, prepared, taps, x, y);
        job.Output = output.IsEmpty ? null : Pointer(output, shape.WithChannels(network.OutputChannels).Length);
        job.Coupled = coupled.IsEmpty ? null : Pointer(coupled, shape.Length);
        if (!next.IsEmpty)
        {
            job.Matrix = Pointer(next.Matrix, (long)shape.Channels * shape.Channels);
            job.Offset = Pointer(next.Offset, shape.Channels);
        }

        ScratchPool.Block scratch = RentStageScratch(shape, network);
        job.Scratch = (float*)scratch.Pointer;
        if (kind == CouplingKind.Additive)
        {
            ForImages(shape.Batch, chunks, job);
        }
        else
        {
            SumImages(shape.Batch, chunks, job, 1, 0, sums);
        }

        _scratch.Return(scratch);
        if (!next.IsEmpty)
        {
            AddLogDet(shape, *Pointer(next.LogDet, 1), sums);
        }
    }

    /// <inheritdoc cref="IBackend.PixelStageInverse"/>
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
        PixelStageJob<StageInverse> job = StageJob<StageInverse>(kind, network, shape, prepared, taps, y, x);
        job.SqueezedTarget = squeeze ? Squeezed(shape, x) : default;
        SetInverseMap(ref job, shape, map);
        ScratchPool.Block scratch = RentStageScratch(shape, network);
        job.Scratch = (float*)scratch.Pointer;
        ForImages(shape.Batch, ImageChunks.OfPixels(shape.PixelsPerImage), job);
        _scratch.Return(scratch);
    }

    /// <inheritdoc cref="IBackend.PixelStageBackward"/>
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
        PixelStageJob<StageBackward> job = StageJob<StageBackward>(kind, network, shape, prepared, taps, y, x);
        job.SqueezedTarget = squeeze ? Squeezed(shape, x) : default;
        SetInverseMap(ref job, shape, map);
        job.Dy = Pointer(dy, shape.Length);
        job.DLogDet = Pointer(dLogDet, shape.Batch);
        job.Dx = Pointer(dx, shape.Length);
        job.DOutput = Pointer(dOutput, shape.WithChannels(network.OutputChannels).Length);
        ScratchPool.Block scratch = RentStageScratch(shape, network);
        job.Scratch = (float*)scratch.Pointer;
        ForImages(shape.Batch, ImageChunks.OfPixels(shape.PixelsPerImage), job);
        _scratch.Return(scratch);
    }

    private static PixelStageJob<TDirection> StageJob<TDirection>(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView source,
        BufferView target)
        where TDirection : IStageDirection
    {
        int expected = kind == CouplingKind.Affine ? shape.Channels : shape.Channels / 2;
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.OutputChannels, expected);
        PixelNetworkLayout layout = new(network);
        float* weights = Pointer(prepared, layout.ForwardLength);
        return new PixelStageJob<TDirection>
        {
            Kind = kind,
            Shape = shape,
            Taps = PixelNetworkTaps(layout, shape, taps),
            Outputs = network.OutputChannels,
            Bias = weights + layout.Bias3,
            Outside = network.OutsideReadsOne ? weights + layout.Outside : null,
            Source = Pointer(source, shape.Length),
            Target = Pointer(target, shape.Length),
        };
    }

    private static void SetInverseMap<TDirection>(
        ref PixelStageJob<TDirection> job, ImageShape shape, in PixelAffineMap map)
        where TDirection : IStageDirection
    {
        if (!map.IsEmpty)
        {
            job.Matrix = Pointer(map.InverseMatrix, (long)shape.Channels * shape.Channels);
            job.Offset = Pointer(map.InverseOffset, shape.Channels);
        }
    }

    private ScratchPool.Block RentStageScratch(ImageShape shape, PixelNetworkShape network) =>
        _scratch.Rent(
            Threads
            * PixelStageJob<StageForward>.ScratchLength(shape.Channels, network.OutputChannels)
            * sizeof(float));
}
