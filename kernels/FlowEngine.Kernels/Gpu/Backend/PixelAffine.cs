using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private sealed class PixelAffineMaps(GpuBackend backend) : IPixelAffine
    {
        public void Assemble(in PixelAffineParameters parameters, in PixelAffineMap map, bool inverse)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            int n = parameters.Channels;
            ArgumentOutOfRangeException.ThrowIfNotEqual(map.Channels, n, nameof(map));
            PixelAffineKernels.Assemble(
                backend._stream,
                new LaunchGrid(1),
                backend.ViewOrNothing(parameters.Bias, n),
                backend.ViewOrNothing(parameters.LogScale, n),
                backend.ViewOrNothing(parameters.Lower, (long)n * n),
                backend.ViewOrNothing(parameters.Upper, (long)n * n),
                backend.ViewOrNothing(parameters.LogDiagonal, n),
                backend.ViewOrNothing(parameters.Sign, n),
                backend.ViewOrNothing(parameters.Permutation, n),
                backend.View(map.Storage, PixelAffineMap.LengthFor(n)),
                backend._wideScratch.OfLength(2L * n * n),
                AffineParts(parameters, inverse));
        }

        public void AssembleBackward(
            in PixelAffineParameters parameters,
            int pixelsPerImage,
            BufferView dMatrix,
            BufferView dOffset,
            BufferView dLogDet,
            in PixelAffineParameters gradients)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            int n = parameters.Channels;
            int batch = checked((int)dLogDet.Length);
            bool actNorm = !parameters.LogScale.IsEmpty;
            bool convolution = !parameters.Lower.IsEmpty;

            // What is absent is never written, but two parameters of a kernel may not name the same memory.
            GpuView<float> absent = backend._partials.OfLength(5);
            PixelAffineKernels.AssembleBackward(
                backend._stream,
                new LaunchGrid(1),
                backend.ViewOrNothing(parameters.Bias, n),
                backend.ViewOrNothing(parameters.LogScale, n),
                backend.ViewOrNothing(parameters.Lower, (long)n * n),
                backend.ViewOrNothing(parameters.Upper, (long)n * n),
                backend.ViewOrNothing(parameters.LogDiagonal, n),
                backend.ViewOrNothing(parameters.Sign, n),
                backend.ViewOrNothing(parameters.Permutation, n),
                backend.View(dMatrix, (long)n * n),
                backend.View(dOffset, n),
                backend.View(dLogDet, batch),
                actNorm ? backend.View(gradients.Bias, n) : absent.Slice(0, 1),
                actNorm ? backend.View(gradients.LogScale, n) : absent.Slice(1, 1),
                convolution ? backend.View(gradients.Lower, (long)n * n) : absent.Slice(2, 1),
                convolution ? backend.View(gradients.Upper, (long)n * n) : absent.Slice(3, 1),
                convolution ? backend.View(gradients.LogDiagonal, n) : absent.Slice(4, 1),
                backend._wideScratch.OfLength(2L * n * n),
                AffineParts(parameters, inverse: false),
                batch,
                pixelsPerImage);
        }

        public IRecording AssembleAll(IReadOnlyList<PixelAffineAssembly> assemblies, bool inverse) =>
            Many(assemblies, (maps, table) =>
            {
                using Lock.Scope queue = backend._queue.EnterScope();
                PixelAffineKernels.AssembleAll(
                    backend._stream,
                    new LaunchGrid(table.Count),
                    maps.Weights,
                    maps.Constants,
                    table.Rows,
                    maps.Maps,
                    AssemblyScratch(table),
                    new PixelAffineKernels.Parts(table.Channels, ActNorm: 1, Convolution: 1, inverse ? 1 : 0));
            });

        public IRecording AssembleAllBackward(
            IReadOnlyList<PixelAffineAssembly> assemblies, BufferView dLogDet) =>
            Many(assemblies, (maps, table) =>
            {
                using Lock.Scope queue = backend._queue.EnterScope();
                PixelAffineKernels.AssembleAllBackward(
                    backend._stream,
                    new LaunchGrid(table.Count),
                    maps.Weights,
                    maps.Constants,
                    table.Rows,
                    maps.DMaps,
                    backend.View(dLogDet, dLogDet.Length),
                    maps.Gradients,
                    AssemblyScratch(table),
                    new PixelAffineKernels.Parts(table.Channels, ActNorm: 1, Convolution: 1, Inverse: 0),
                    checked((int)dLogDet.Length));
            });

        public void Forward(ImageShape shape, in PixelAffineMap map, BufferView x, BufferView y, BufferView logDet)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            Apply(shape, map.Matrix, map.Offset, x, y, shape.Channels, 1, xWidth: SqueezedWidth(shape, map));
            if (!logDet.IsEmpty)
            {
                SumKernels.AddToAll(
                    backend._stream,
                    Cover(shape.Batch, SumKernels.AddToAllKernel),
                    backend.View(map.LogDet, 1),
                    backend.View(logDet, shape.Batch),
                    shape.PixelsPerImage,
                    shape.Batch);
            }
        }

        public void Inverse(ImageShape shape, in PixelAffineMap map, BufferView y, BufferView x)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            Apply(
                shape,
                map.InverseMatrix,
                map.InverseOffset,
                y,
                x,
                shape.Channels,
                1,
                yWidth: SqueezedWidth(shape, map));
        }

        public long WorkspaceLength(ImageShape shape) =>
            (long)Parts(shape.Pixels, PixelAffineKernels.PixelsPerPart) * shape.Channels * (shape.Channels + 1);

        public void Backward(
            ImageShape shape,
            in PixelAffineMap map,
            BufferView x,
            BufferView dy,
            BufferView dx,
            BufferView dMatrix,
            BufferView dOffset,
            BufferView workspace)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            int channels = shape.Channels;
            long square = (long)channels * channels;
            int parts = Parts(shape.Pixels, PixelAffineKernels.PixelsPerPart);
            GpuView<float> partials = backend.View(workspace, WorkspaceLength(shape));

            // Where dv lies behind dM, both are summed in place.
            bool together = dMatrix.Buffer == dOffset.Buffer && dOffset.Offset == dMatrix.Offset + square;
            GpuView<float> sums = together
                ? backend.View(dMatrix with { Length = square + channels }, square + channels)
                : backend._partials.OfLength(square + channels);

            // Before dx, which may overwrite dy.
            PixelAffineKernels.GradientOfParts(
                backend._stream,
                new LaunchGrid(parts),
                backend.View(x, shape.Length),
                backend.View(dy, shape.Length),
                partials,
                shape.Pixels,
                channels,
                SqueezedWidth(shape, map));
            backend.AddParts(partials, sums, parts, accumulate: false);
            if (!together)
            {
                backend._stream.Copy(sums.Slice(0, square), backend.View(dMatrix, square));
                backend._stream.Copy(sums.Slice(square, channels), backend.View(dOffset, channels));
            }

            Apply(shape, map.Matrix, default, dy, dx, 1, channels, yWidth: SqueezedWidth(shape, map));
        }

        private AffineRecording Many(
            IReadOnlyList<PixelAffineAssembly> assemblies, Action<AffineMaps, AffineTable> launch)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            return new AffineRecording(backend._stream, view => backend.View(view, view.Length), assemblies, launch);
        }

        private GpuView<double> AssemblyScratch(AffineTable table) =>
            backend._wideScratch.OfLength(2L * table.Count * table.Channels * table.Channels);

        private static PixelAffineKernels.Parts AffineParts(in PixelAffineParameters parameters, bool inverse) => new(
            parameters.Channels,
            parameters.LogScale.IsEmpty ? 0 : 1,
            parameters.Lower.IsEmpty ? 0 : 1,
            inverse ? 1 : 0);

        // y = matrix x + offset with the matrix read by these strides; the offset may be empty.
        private void Apply(
            ImageShape shape,
            BufferView matrix,
            BufferView offset,
            BufferView x,
            BufferView y,
            int rowStride,
            int columnStride,
            int xWidth = 0,
            int yWidth = 0) =>
            PixelAffineKernels.Apply(
                backend._stream,
                new LaunchGrid(Parts(shape.Pixels, PixelAffineKernels.PixelsPerTile))
                {
                    DynamicSharedBytes = PixelAffineKernels.PixelsPerTile * shape.Channels * sizeof(float),
                },
                backend.View(matrix, (long)shape.Channels * shape.Channels),
                backend.ViewOrNothing(offset, shape.Channels),
                backend.View(x, shape.Length),
                backend.View(y, shape.Length),
                shape.Pixels,
                shape.Channels,
                rowStride,
                columnStride,
                offset.IsEmpty ? 0 : 1,
                xWidth,
                yWidth);
    }
}
