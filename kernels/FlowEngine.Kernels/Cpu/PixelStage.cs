namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // One pass over the pixels by PixelStageJob; bit for bit what the separate operations give.
    private sealed class PixelStage(CpuBackend backend, PixelNetworkShape network, CouplingKind kind) : IPixelStage
    {
        private readonly PixelNetworkLayout _layout = new(network);

        public void Forward(
            ImageShape shape,
            in NetworkWeights weights,
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
            PixelStageJob<StageForward> job = StageJob<StageForward>(shape, weights, taps, x, y);
            job.Output = output.IsEmpty ? null : Pointer(output, shape.WithChannels(network.OutputChannels).Length);
            job.Coupled = coupled.IsEmpty ? null : Pointer(coupled, shape.Length);
            if (!next.IsEmpty)
            {
                job.Matrix = Pointer(next.Matrix, (long)shape.Channels * shape.Channels);
                job.Offset = Pointer(next.Offset, shape.Channels);
            }

            ScratchPool.Block scratch = RentScratch(shape);
            job.Scratch = (float*)scratch.Pointer;
            if (kind == CouplingKind.Additive)
            {
                backend.ForImages(shape.Batch, chunks, job);
            }
            else
            {
                backend.SumImages(shape.Batch, chunks, job, 1, 0, sums);
            }

            backend._scratch.Return(scratch);
            if (!next.IsEmpty)
            {
                AddLogDet(shape, *Pointer(next.LogDet, 1), sums);
            }
        }

        public void Inverse(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView taps,
            BufferView y,
            in PixelAffineMap map,
            BufferView x)
        {
            PixelStageJob<StageInverse> job = StageJob<StageInverse>(shape, weights, taps, y, x);
            job.SqueezedTarget = map.Squeezes ? Squeezed(shape, x) : default;
            SetInverseMap(ref job, shape, map);
            ScratchPool.Block scratch = RentScratch(shape);
            job.Scratch = (float*)scratch.Pointer;
            backend.ForImages(shape.Batch, ImageChunks.OfPixels(shape.PixelsPerImage), job);
            backend._scratch.Return(scratch);
        }

        public void Backward(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView taps,
            BufferView y,
            in PixelAffineMap map,
            BufferView dy,
            BufferView dLogDet,
            BufferView x,
            BufferView dx,
            BufferView dOutput)
        {
            PixelStageJob<StageBackward> job = StageJob<StageBackward>(shape, weights, taps, y, x);
            job.SqueezedTarget = map.Squeezes ? Squeezed(shape, x) : default;
            SetInverseMap(ref job, shape, map);
            job.Dy = Pointer(dy, shape.Length);
            job.DLogDet = Pointer(dLogDet, shape.Batch);
            job.Dx = Pointer(dx, shape.Length);
            job.DOutput = Pointer(dOutput, shape.WithChannels(network.OutputChannels).Length);
            ScratchPool.Block scratch = RentScratch(shape);
            job.Scratch = (float*)scratch.Pointer;
            backend.ForImages(shape.Batch, ImageChunks.OfPixels(shape.PixelsPerImage), job);
            backend._scratch.Return(scratch);
        }

        private PixelStageJob<TDirection> StageJob<TDirection>(
            ImageShape shape, in NetworkWeights weights, BufferView taps, BufferView source, BufferView target)
            where TDirection : IStageDirection
        {
            int expected = kind == CouplingKind.Affine ? shape.Channels : shape.Channels / 2;
            ArgumentOutOfRangeException.ThrowIfNotEqual(network.OutputChannels, expected);
            float* prepared = Pointer(weights.Prepared, _layout.ForwardLength);
            return new PixelStageJob<TDirection>
            {
                Kind = kind,
                Shape = shape,
                Taps = PixelNetwork.TapPlanes(_layout, shape, taps),
                Outputs = network.OutputChannels,
                Bias = prepared + _layout.Bias3,
                Outside = network.OutsideReadsOne ? prepared + _layout.Outside : null,
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

        private ScratchPool.Block RentScratch(ImageShape shape) =>
            backend._scratch.Rent(
                backend.Threads
                * PixelStageJob<StageForward>.ScratchLength(shape.Channels, network.OutputChannels)
                * sizeof(float));
    }
}
