using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private sealed class PixelStage(GpuBackend backend, PixelNetwork network, CouplingKind kind) : IPixelStage
    {
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
            using Lock.Scope queue = backend._queue.EnterScope();
            int tiles = Parts(shape.PixelsPerImage, PixelStageKernels.PixelsPerTile);
            long partialLength = (long)tiles * shape.Batch;

            // What is absent is never written, but two parameters of a kernel may not name the same memory.
            GpuView<float> scratch = backend._partials.OfLength(partialLength + 2);
            GpuView<float> partials = scratch.Slice(0, partialLength);
            PixelStageKernels.Forward(
                backend._stream,
                Grid(shape),
                network.Taps(shape, taps),
                network.Bias3(weights),
                network.Border(weights),
                next.IsEmpty ? backend._nothing.View : ForwardMap(next),
                backend.View(x, shape.Length),
                output.IsEmpty ? scratch.Slice(partialLength, 1) : backend.View(output, OutputLength(kind, shape)),
                coupled.IsEmpty ? scratch.Slice(partialLength + 1, 1) : backend.View(coupled, shape.Length),
                backend.View(y, shape.Length),
                partials,
                KernelShape(shape, next, !output.IsEmpty, !coupled.IsEmpty));
            if (kind == CouplingKind.Affine || !next.IsEmpty)
            {
                backend.AddPartsOfImages(
                    partials,
                    next.IsEmpty ? backend._nothing.View : backend.View(next.LogDet, 1),
                    next.IsEmpty ? 0 : shape.PixelsPerImage,
                    logDet,
                    kind == CouplingKind.Affine ? tiles : 0,
                    shape.Batch);
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
            using Lock.Scope queue = backend._queue.EnterScope();
            PixelStageKernels.Inverse(
                backend._stream,
                Grid(shape),
                network.Taps(shape, taps),
                network.Bias3(weights),
                network.Border(weights),
                InverseMap(map),
                backend.View(y, shape.Length),
                backend.View(x, shape.Length),
                KernelShape(shape, map, keepOutput: false, keepCoupled: false));
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
            using Lock.Scope queue = backend._queue.EnterScope();
            PixelStageKernels.Backward(
                backend._stream,
                Grid(shape),
                network.Taps(shape, taps),
                network.Bias3(weights),
                network.Border(weights),
                InverseMap(map),
                backend.View(y, shape.Length),
                backend.View(dy, shape.Length),
                backend.View(dLogDet, shape.Batch),
                backend.View(x, shape.Length),
                backend.View(dx, shape.Length),
                backend.View(dOutput, OutputLength(kind, shape)),
                KernelShape(shape, map, keepOutput: false, keepCoupled: false));
        }

        private static LaunchGrid Grid(ImageShape shape) => new(
            Parts(shape.PixelsPerImage, PixelStageKernels.PixelsPerTile),
            shape.Batch,
            DynamicSharedBytes: PixelStageKernels.PixelsPerTile * shape.Channels * sizeof(float));

        private PixelStageKernels.Shape KernelShape(
            ImageShape shape, in PixelAffineMap map, bool keepOutput, bool keepCoupled) => new(
            shape.Height,
            shape.Width,
            shape.Channels,
            kind == CouplingKind.Affine ? shape.Channels : shape.Channels / 2,
            IsAffine(kind),
            map.IsEmpty ? 0 : 1,
            keepOutput ? 1 : 0,
            keepCoupled ? 1 : 0,
            SqueezedWidth(shape, map));

        // The matrix and, after it, the offset.
        private GpuView<float> ForwardMap(in PixelAffineMap map)
        {
            long length = (long)map.Channels * (map.Channels + 1);
            return backend.View(map.Storage.Slice(0, length), length);
        }

        private GpuView<float> InverseMap(in PixelAffineMap map)
        {
            long length = (long)map.Channels * (map.Channels + 1);
            return backend.View(map.Storage.Slice(length, length), length);
        }
    }
}
