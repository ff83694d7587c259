namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // Lanes are output channels. Each output is one chain of fused multiply-adds over the input channels in increasing
    // order, from the offset (dx: from 0). The matrix is copied once per call, transposed where needed, so that the 16
    // outputs that share an input lie together; 4 pixels and 32 outputs are in registers at a time. What is before a
    // squeeze goes through a tile of 64 pixels, which stays in the cache.
    // dM and dv: the pixels of the batch are divided into chunks by the shape only, a chunk into blocks of 64. A block is
    // one chain over its pixels, blocks are added in float32 and chunks in float64, in order.
    private sealed class PixelAffineMaps(CpuBackend backend) : IPixelAffine
    {
        public void Assemble(in PixelAffineParameters parameters, in PixelAffineMap map, bool inverse)
        {
            int channels = parameters.Channels;
            ArgumentOutOfRangeException.ThrowIfNotEqual(map.Channels, channels);
            long square = (long)channels * channels;
            ScratchPool.Block block = backend._scratch.Rent(AffineAssembly.ScratchLength(channels) * sizeof(double));
            AffineAssembly assembly = new(parameters, (double*)block.Pointer);
            assembly.WriteMap(Pointer(map.Matrix, square), Pointer(map.Offset, channels));
            if (inverse)
            {
                assembly.WriteInverse(Pointer(map.InverseMatrix, square), Pointer(map.InverseOffset, channels));
            }

            *Pointer(map.LogDet, 1) = (float)assembly.LogDet;
            backend._scratch.Return(block);
        }

        public void AssembleBackward(
            in PixelAffineParameters parameters,
            int pixelsPerImage,
            BufferView dMatrix,
            BufferView dOffset,
            BufferView dLogDet,
            in PixelAffineParameters gradients)
        {
            int channels = parameters.Channels;
            float* perImage = Pointer(dLogDet, dLogDet.Length);
            double sum = 0;
            for (long b = 0; b < dLogDet.Length; b++)
            {
                sum += perImage[b];
            }

            ScratchPool.Block block = backend._scratch.Rent(AffineAssembly.ScratchLength(channels) * sizeof(double));
            AffineAssembly assembly = new(parameters, (double*)block.Pointer);
            assembly.Backward(
                Pointer(dMatrix, (long)channels * channels), Pointer(dOffset, channels), pixelsPerImage * sum, gradients);
            backend._scratch.Return(block);
        }

        public IRecording AssembleAll(IReadOnlyList<PixelAffineAssembly> assemblies, bool inverse)
        {
            AffineAssemblyJob job = new(this, [.. assemblies], inverse, null);
            return backend.Record(() => backend._team.Run(job.Assemblies.Length, job));
        }

        public IRecording AssembleAllBackward(IReadOnlyList<PixelAffineAssembly> assemblies, BufferView dLogDet)
        {
            AffineAssemblyJob job = new(this, [.. assemblies], false, dLogDet);
            return backend.Record(() => backend._team.Run(job.Assemblies.Length, job));
        }

        public void Forward(ImageShape shape, in PixelAffineMap map, BufferView x, BufferView y, BufferView logDet)
        {
            SqueezedPixels source = map.Squeezes ? Squeezed(shape, x) : default;
            MapPixels(shape, map.Matrix, map.Offset, x, y, source, default);
            if (!logDet.IsEmpty)
            {
                AddLogDet(shape, *Pointer(map.LogDet, 1), Pointer(logDet, shape.Batch));
            }
        }

        public void Inverse(ImageShape shape, in PixelAffineMap map, BufferView y, BufferView x)
        {
            SqueezedPixels target = map.Squeezes ? Squeezed(shape, x) : default;
            MapPixels(shape, map.InverseMatrix, map.InverseOffset, y, x, default, target);
        }

        public long WorkspaceLength(ImageShape shape) =>
            (long)Chunks(shape, out _) * AffineLayout.PartialLength(shape.Channels);

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
            int channels = shape.Channels;
            int chunks = Chunks(shape, out int pixels);
            ScratchPool.Block block = RentMap(channels, map.Squeezes);
            float* matrix = Pointer(map.Matrix, (long)channels * channels);
            AffineMapBackwardJob job = new()
            {
                X = Pointer(x, shape.Length),
                Dy = Pointer(dy, shape.Length),
                Pixels = shape.Pixels,
                ChunkPixels = pixels,
                Channels = channels,
                Partials = Pointer(workspace, chunks * AffineLayout.PartialLength(channels)),
                Map = AffineMatrix.Prepare(matrix, null, channels, transpose: false, (float*)block.Pointer),
                Dx = Pointer(dx, shape.Length),
                SqueezedX = map.Squeezes ? Squeezed(shape, x) : default,
                SqueezedDx = map.Squeezes ? Squeezed(shape, dx) : default,
                Tiles = (float*)block.Pointer + AffineLayout.PartialLength(channels),
            };
            backend._team.Run(chunks, job);
            backend._team.Run(
                channels + 1,
                new AffinePartialsJob
                {
                    Partials = job.Partials,
                    Chunks = chunks,
                    Channels = channels,
                    DMatrix = Pointer(dMatrix, (long)channels * channels),
                    DOffset = Pointer(dOffset, channels),
                });
            backend._scratch.Return(block);
        }

        /// <summary>
        /// How many parts the batch has and how long they are: 256 pixels or more, at most 64, or 16 if C-by-C is large.
        /// </summary>
        private static int Chunks(ImageShape shape, out int pixels)
        {
            long most = Math.Clamp((1L << 20) / AffineLayout.PartialLength(shape.Channels), 16, 64);
            long share = (shape.Pixels + most - 1) / most;
            long blocks = (share + AffineLayout.Block - 1) / AffineLayout.Block;
            pixels = (int)Math.Max(AffineLayout.Pixels, blocks * AffineLayout.Block);
            return (shape.Pixels + pixels - 1) / pixels;
        }

        // The map as Prepare lays it out and, where pixels are squeezed, a tile for each worker.
        private ScratchPool.Block RentMap(int channels, bool squeezes)
        {
            long tiles = squeezes ? backend.Threads * AffineLayout.TileLength(channels) : 0;
            return backend._scratch.Rent((AffineLayout.PartialLength(channels) + tiles) * sizeof(float));
        }

        private void MapPixels(
            ImageShape shape,
            BufferView matrix,
            BufferView offset,
            BufferView x,
            BufferView y,
            SqueezedPixels source,
            SqueezedPixels target)
        {
            int channels = shape.Channels;
            ScratchPool.Block block = RentMap(channels, !source.IsNone || !target.IsNone);
            AffineMapJob job = new()
            {
                Map = AffineMatrix.Prepare(
                    Pointer(matrix, (long)channels * channels),
                    Pointer(offset, channels),
                    channels,
                    transpose: true,
                    (float*)block.Pointer),
                X = Pointer(x, shape.Length),
                Y = Pointer(y, shape.Length),
                Source = source,
                Target = target,
                Tiles = (float*)block.Pointer + AffineLayout.PartialLength(channels),
                Pixels = shape.Pixels,
            };
            backend._team.Run((shape.Pixels + AffineLayout.Pixels - 1) / AffineLayout.Pixels, job);
            backend._scratch.Return(block);
        }
    }
}
