using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// Lanes are output channels. Each output is one chain of fused multiply-adds over the input channels in increasing
/// order, from the offset (dx: from 0). The matrix is copied once per call, transposed where needed, so that the 16
/// outputs that share an input lie together; 4 pixels and 32 outputs are in registers at a time.
/// What is before a squeeze goes through a tile of 64 pixels, which stays in the cache.
/// <para>
/// dM and dv: the pixels of the batch are divided into chunks by the shape alone, a chunk into blocks of 64. A block is
/// one chain over its pixels, blocks are added in float32 and chunks in float64, in order.
/// </para>
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    private const int AffinePixels = 256;
    private const int AffineBlock = 64;

    /// <inheritdoc cref="IBackend.PixelAffineAssemble"/>
    public void PixelAffineAssemble(in PixelAffineParameters parameters, in PixelAffineMap map, bool inverse)
    {
        int channels = parameters.Channels;
        ArgumentOutOfRangeException.ThrowIfNotEqual(map.Channels, channels);
        long square = (long)channels * channels;
        ScratchPool.Block block = _scratch.Rent(AffineAssembly.ScratchLength(channels) * sizeof(double));
        AffineAssembly assembly = new(parameters, (double*)block.Pointer);
        assembly.WriteMap(Pointer(map.Matrix, square), Pointer(map.Offset, channels));
        if (inverse)
        {
            assembly.WriteInverse(Pointer(map.InverseMatrix, square), Pointer(map.InverseOffset, channels));
        }

        *Pointer(map.LogDet, 1) = (float)assembly.LogDet;
        _scratch.Return(block);
    }

    /// <inheritdoc cref="IBackend.PixelAffineAssembleBackward"/>
    public void PixelAffineAssembleBackward(
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

        ScratchPool.Block block = _scratch.Rent(AffineAssembly.ScratchLength(channels) * sizeof(double));
        AffineAssembly assembly = new(parameters, (double*)block.Pointer);
        assembly.Backward(
            Pointer(dMatrix, (long)channels * channels), Pointer(dOffset, channels), pixelsPerImage * sum, gradients);
        _scratch.Return(block);
    }

    /// <inheritdoc cref="IBackend.PixelAffineAssembleAll"/>
    public IRecording PixelAffineAssembleAll(IReadOnlyList<PixelAffineAssembly> assemblies, bool inverse)
    {
        AssemblyJob job = new(this, [.. assemblies], inverse, null);
        return Record(() => _team.Run(job.Assemblies.Length, job));
    }

    /// <inheritdoc cref="IBackend.PixelAffineAssembleAllBackward"/>
    public IRecording PixelAffineAssembleAllBackward(
        IReadOnlyList<PixelAffineAssembly> assemblies, BufferView dLogDet)
    {
        AssemblyJob job = new(this, [.. assemblies], false, dLogDet);
        return Record(() => _team.Run(job.Assemblies.Length, job));
    }

    /// <inheritdoc cref="IBackend.PixelAffineForward"/>
    public void PixelAffineForward(
        ImageShape shape,
        in PixelAffineMap map,
        BufferView x,
        BufferView y,
        BufferView logDet)
    {
        SqueezedPixels source = map.Squeezes ? Squeezed(shape, x) : default;
        MapPixels(shape, map.Matrix, map.Offset, x, y, source, default);
        if (!logDet.IsEmpty)
        {
            AddLogDet(shape, *Pointer(map.LogDet, 1), Pointer(logDet, shape.Batch));
        }
    }

    /// <inheritdoc cref="IBackend.PixelAffineInverse"/>
    public void PixelAffineInverse(
        ImageShape shape, in PixelAffineMap map, BufferView y, BufferView x)
    {
        SqueezedPixels target = map.Squeezes ? Squeezed(shape, x) : default;
        MapPixels(shape, map.InverseMatrix, map.InverseOffset, y, x, default, target);
    }

    /// <inheritdoc cref="IBackend.PixelAffineWorkspaceLength"/>
    public long PixelAffineWorkspaceLength(ImageShape shape) =>
        (long)AffineChunks(shape, out _) * PartialLength(shape.Channels);

    /// <inheritdoc cref="IBackend.PixelAffineBackward"/>
    public void PixelAffineBackward(
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
        int chunks = AffineChunks(shape, out int pixels);
        ScratchPool.Block block = RentMap(channels, map.Squeezes);
        float* matrix = Pointer(map.Matrix, (long)channels * channels);
        AffineBackwardPixels job = new()
        {
            X = Pointer(x, shape.Length),
            Dy = Pointer(dy, shape.Length),
            Pixels = shape.Pixels,
            ChunkPixels = pixels,
            Channels = channels,
            Partials = Pointer(workspace, chunks * PartialLength(channels)),
            Map = Prepare(matrix, null, channels, transpose: false, (float*)block.Pointer),
            Dx = Pointer(dx, shape.Length),
            SqueezedX = map.Squeezes ? Squeezed(shape, x) : default,
            SqueezedDx = map.Squeezes ? Squeezed(shape, dx) : default,
            Tiles = (float*)block.Pointer + PartialLength(channels),
        };
        _team.Run(chunks, job);
        _team.Run(
            channels + 1,
            new AffinePartialsJob
            {
                Partials = job.Partials,
                Chunks = chunks,
                Channels = channels,
                DMatrix = Pointer(dMatrix, (long)channels * channels),
                DOffset = Pointer(dOffset, channels),
            });
        _scratch.Return(block);
    }

    /// <summary>logDet[b] += P · ln|det M|, rounded once; what comes after a coupling's own addition.</summary>
    internal static void AddLogDet(ImageShape shape, float perPixel, float* logDet)
    {
        double all = (double)perPixel * shape.PixelsPerImage;
        for (int b = 0; b < shape.Batch; b++)
        {
            logDet[b] = (float)(logDet[b] + all);
        }
    }

    private static int Padded(int channels) => (channels + SimdMath.Width - 1) / SimdMath.Width * SimdMath.Width;

    // A row of dM for each channel and one for dv.
    private static long PartialLength(int channels) => (channels + 1L) * Padded(channels);

    // A block of pixels; vectors of its last channels may reach beyond it.
    private static long TileLength(int channels) => ((long)AffineBlock * channels) + SimdMath.Width;

    private static SqueezedPixels Squeezed(ImageShape shape, BufferView x) =>
        new(Pointer(x, shape.BeforeSqueeze().Length), shape);

    /// <summary>
    /// How many parts the batch has and how long they are: 256 pixels or more, at most 64, or 16 if C-by-C is large.
    /// </summary>
    private static int AffineChunks(ImageShape shape, out int pixels)
    {
        long most = Math.Clamp((1L << 20) / PartialLength(shape.Channels), 16, 64);
        long share = (shape.Pixels + most - 1) / most;
        pixels = (int)Math.Max(AffinePixels, (share + AffineBlock - 1) / AffineBlock * AffineBlock);
        return (shape.Pixels + pixels - 1) / pixels;
    }

    /// <summary>Lays out a matrix as rows of inputs, then the offset, each padded by 0.</summary>
    private static PreparedMap Prepare(float* matrix, float* offset, int channels, bool transpose, float* destination)
    {
        int padded = Padded(channels);
        new Span<float>(destination, checked((int)PartialLength(channels))).Clear();
        for (int k = 0; k < channels; k++)
        {
            float* row = destination + ((long)k * padded);
            for (int o = 0; o < channels; o++)
            {
                row[o] = transpose ? matrix[((long)o * channels) + k] : matrix[((long)k * channels) + o];
            }
        }

        float* start = destination + ((long)channels * padded);
        if (offset is not null)
        {
            new ReadOnlySpan<float>(offset, channels).CopyTo(new Span<float>(start, channels));
        }

        return new PreparedMap { Matrix = destination, Offset = start, Channels = channels, Padded = padded };
    }

    // The map as Prepare lays it out and, where pixels are squeezed, a tile for each worker.
    private ScratchPool.Block RentMap(int channels, bool squeezes) =>
        _scratch.Rent((PartialLength(channels) + (squeezes ? Threads * TileLength(channels) : 0)) * sizeof(float));

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
            Map = Prepare(
                Pointer(matrix, (long)channels * channels),
                Pointer(offset, channels),
                channels,
                transpose: true,
                (float*)block.Pointer),
            X = Pointer(x, shape.Length),
            Y = Pointer(y, shape.Length),
            Source = source,
            Target = target,
            Tiles = (float*)block.Pointer + PartialLength(channels),
            Pixels = shape.Pixels,
        };
        _team.Run((shape.Pixels + AffinePixels - 1) / AffinePixels, job);
        _scratch.Return(block);
    }

    /// <summary>A matrix as <see cref="Prepare"/> lays it out.</summary>
    private struct PreparedMap
    {
        public float* Matrix;
        public float* Offset;
        public int Channels;
        public int Padded;

        /// <summary>y = matrix x + offset for some pixels; y may be x.</summary>
        public readonly void Apply(float* x, float* y, int pixels)
        {
            // Beyond 32 outputs a pixel's x is read again after its first outputs are written.
            bool copy = x == y && Padded > 2 * SimdMath.Width;
            float* copied = stackalloc float[copy ? 4 * Channels : 0];
            int p = 0;
            for (; p + 4 <= pixels; p += 4)
            {
                float* from = Source(x + ((long)p * Channels), copied, copy, 4);
                Apply4(from, y + ((long)p * Channels));
            }

            for (; p < pixels; p++)
            {
                float* from = Source(x + ((long)p * Channels), copied, copy, 1);
                Apply1(from, y + ((long)p * Channels));
            }
        }

        /// <summary>y = matrix x + offset for some pixels, with y before its squeeze.</summary>
        public readonly void Apply(float* x, SqueezedPixels y, int first, int count, float* tile)
        {
            for (int p = 0; p < count; p += AffineBlock)
            {
                int pixels = Math.Min(AffineBlock, count - p);
                Apply(x + ((long)p * Channels), tile, pixels);
                y.Scatter(tile, first + p, pixels);
            }
        }

        /// <summary>y = matrix x + offset for some pixels, with x before its squeeze.</summary>
        public readonly void Apply(SqueezedPixels x, float* y, int first, int count, float* tile)
        {
            for (int p = 0; p < count; p += AffineBlock)
            {
                int pixels = Math.Min(AffineBlock, count - p);
                x.Gather(first + p, pixels, tile);
                Apply(tile, y + ((long)p * Channels), pixels);
            }
        }

        private readonly float* Source(float* x, float* copied, bool copy, int pixels)
        {
            if (!copy)
            {
                return x;
            }

            new ReadOnlySpan<float>(x, pixels * Channels).CopyTo(new Span<float>(copied, pixels * Channels));
            return copied;
        }

        private readonly void Apply4(float* x, float* y)
        {
            int channels = Channels;
            int padded = Padded;
            float* x1 = x + channels;
            float* x2 = x1 + channels;
            float* x3 = x2 + channels;
            int o = 0;
            for (; o + SimdMath.Width < padded; o += 2 * SimdMath.Width)
            {
                float* weights = Matrix + o;
                Vector512<float> y00 = Vector512.Load(Offset + o);
                Vector512<float> y01 = Vector512.Load(Offset + o + SimdMath.Width);
                Vector512<float> y10 = y00;
                Vector512<float> y11 = y01;
                Vector512<float> y20 = y00;
                Vector512<float> y21 = y01;
                Vector512<float> y30 = y00;
                Vector512<float> y31 = y01;
                for (int k = 0; k < channels; k++, weights += padded)
                {
                    Vector512<float> w0 = Vector512.Load(weights);
                    Vector512<float> w1 = Vector512.Load(weights + SimdMath.Width);
                    Vector512<float> input = Vector512.Create(x[k]);
                    y00 = Vector512.FusedMultiplyAdd(w0, input, y00);
                    y01 = Vector512.FusedMultiplyAdd(w1, input, y01);
                    input = Vector512.Create(x1[k]);
                    y10 = Vector512.FusedMultiplyAdd(w0, input, y10);
                    y11 = Vector512.FusedMultiplyAdd(w1, input, y11);
                    input = Vector512.Create(x2[k]);
                    y20 = Vector512.FusedMultiplyAdd(w0, input, y20);
                    y21 = Vector512.FusedMultiplyAdd(w1, input, y21);
                    input = Vector512.Create(x3[k]);
                    y30 = Vector512.FusedMultiplyAdd(w0, input, y30);
                    y31 = Vector512.FusedMultiplyAdd(w1, input, y31);
                }

                int count = channels - o;
                Store2(y00, y01, y + o, count);
                Store2(y10, y11, y + channels + o, count);
                Store2(y20, y21, y + (2L * channels) + o, count);
                Store2(y30, y31, y + (3L * channels) + o, count);
            }

            if (o < padded)
            {
                float* weights = Matrix + o;
                Vector512<float> y0 = Vector512.Load(Offset + o);
                Vector512<float> y1 = y0;
                Vector512<float> y2 = y0;
                Vector512<float> y3 = y0;
                for (int k = 0; k < channels; k++, weights += padded)
                {
                    Vector512<float> w = Vector512.Load(weights);
                    y0 = Vector512.FusedMultiplyAdd(w, Vector512.Create(x[k]), y0);
                    y1 = Vector512.FusedMultiplyAdd(w, Vector512.Create(x1[k]), y1);
                    y2 = Vector512.FusedMultiplyAdd(w, Vector512.Create(x2[k]), y2);
                    y3 = Vector512.FusedMultiplyAdd(w, Vector512.Create(x3[k]), y3);
                }

                Lanes.Store(y0, y + o, channels - o);
                Lanes.Store(y1, y + channels + o, channels - o);
                Lanes.Store(y2, y + (2L * channels) + o, channels - o);
                Lanes.Store(y3, y + (3L * channels) + o, channels - o);
            }
        }

        private readonly void Apply1(float* x, float* y)
        {
            int o = 0;
            for (; o + SimdMath.Width < Padded; o += 2 * SimdMath.Width)
            {
                float* weights = Matrix + o;
                Vector512<float> y0 = Vector512.Load(Offset + o);
                Vector512<float> y1 = Vector512.Load(Offset + o + SimdMath.Width);
                for (int k = 0; k < Channels; k++, weights += Padded)
                {
                    Vector512<float> input = Vector512.Create(x[k]);
                    y0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), input, y0);
                    y1 = Vector512.FusedMultiplyAdd(Vector512.Load(weights + SimdMath.Width), input, y1);
                }

                Store2(y0, y1, y + o, Channels - o);
            }

            if (o < Padded)
            {
                float* weights = Matrix + o;
                Vector512<float> y0 = Vector512.Load(Offset + o);
                for (int k = 0; k < Channels; k++, weights += Padded)
                {
                    y0 = Vector512.FusedMultiplyAdd(Vector512.Load(weights), Vector512.Create(x[k]), y0);
                }

                Lanes.Store(y0, y + o, Channels - o);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store2(Vector512<float> first, Vector512<float> second, float* y, int count)
        {
            first.Store(y);
            Lanes.Store(second, y + SimdMath.Width, count - SimdMath.Width);
        }
    }

    private struct AffineMapJob : IJob
    {
        public PreparedMap Map;
        public float* X;
        public float* Y;
        public int Pixels;

        /// <summary>x before its squeeze, in place of X.</summary>
        public SqueezedPixels Source;

        /// <summary>y before its squeeze, in place of Y.</summary>
        public SqueezedPixels Target;

        public float* Tiles;

        public readonly void Invoke(int index, int worker)
        {
            int start = index * AffinePixels;
            int count = Math.Min(AffinePixels, Pixels - start);
            long offset = (long)start * Map.Channels;
            float* tile = Tiles + (worker * TileLength(Map.Channels));
            if (!Source.IsNone)
            {
                Map.Apply(Source, Y + offset, start, count, tile);
            }
            else if (!Target.IsNone)
            {
                Map.Apply(X + offset, Target, start, count, tile);
            }
            else
            {
                Map.Apply(X + offset, Y + offset, count);
            }
        }
    }

    /// <summary>The partial dM and dv of one chunk, then its dx, which may take dy's place.</summary>
    private struct AffineBackwardPixels : IJob
    {
        public float* X;
        public float* Dy;
        public int Pixels;
        public int ChunkPixels;
        public int Channels;
        public float* Partials;
        public PreparedMap Map;
        public float* Dx;

        /// <summary>x before its squeeze, in place of X.</summary>
        public SqueezedPixels SqueezedX;

        /// <summary>dx before its squeeze, in place of Dx.</summary>
        public SqueezedPixels SqueezedDx;

        public float* Tiles;

        public readonly void Invoke(int index, int worker)
        {
            int start = index * ChunkPixels;
            int end = Math.Min(start + ChunkPixels, Pixels);
            int padded = Padded(Channels);
            float* partial = Partials + (index * PartialLength(Channels));
            new Span<float>(partial, checked((int)PartialLength(Channels))).Clear();
            float* columns = stackalloc float[AffineBlock * SimdMath.Width];
            float* tile = Tiles + (worker * TileLength(Channels));
            for (int p = start; p < end; p += AffineBlock)
            {
                int pixels = Math.Min(AffineBlock, end - p);
                float* dy = Dy + ((long)p * Channels);
                float* block = X + ((long)p * Channels);
                if (!SqueezedX.IsNone)
                {
                    SqueezedX.Gather(p, pixels, tile);
                    block = tile;
                }

                // 16 lanes of the last channels reach into the next pixels, whose products are never read, but must
                // not leave the batch.
                bool inside = ((p + pixels - 1L) * Channels) + padded <= (long)Pixels * Channels;
                for (int first = 0; first < padded; first += SimdMath.Width)
                {
                    int count = Math.Min(SimdMath.Width, Channels - first);
                    float* x = block + first;
                    int stride = Channels;
                    if (!inside)
                    {
                        x = CopyColumns(x, pixels, count, columns);
                        stride = SimdMath.Width;
                    }

                    int o = 0;
                    for (; o + 8 <= Channels; o += 8)
                    {
                        Outer8(x, stride, dy + o, pixels, partial + ((long)o * padded) + first, padded);
                    }

                    for (; o + 2 <= Channels; o += 2)
                    {
                        Outer2(x, stride, dy + o, pixels, partial + ((long)o * padded) + first, padded);
                    }

                    for (; o < Channels; o++)
                    {
                        Outer1(x, stride, dy + o, pixels, partial + ((long)o * padded) + first);
                    }

                    float* columnsOfDy = dy + first;
                    if (!inside)
                    {
                        columnsOfDy = CopyColumns(columnsOfDy, pixels, count, columns);
                    }

                    SumRows(columnsOfDy, stride, pixels, partial + ((long)Channels * padded) + first);
                }
            }

            float* gradient = Dy + ((long)start * Channels);
            if (SqueezedDx.IsNone)
            {
                Map.Apply(gradient, Dx + ((long)start * Channels), end - start);
            }
            else
            {
                Map.Apply(gradient, SqueezedDx, start, end - start, tile);
            }
        }

        private readonly float* CopyColumns(float* source, int pixels, int count, float* destination)
        {
            for (int p = 0; p < pixels; p++)
            {
                Lanes.Load(source + ((long)p * Channels), count).Store(destination + (p * SimdMath.Width));
            }

            return destination;
        }

        // Eight outputs by 16 inputs: partial[o] += Σ over the block of dy[o] · x.
        private readonly void Outer8(float* x, int stride, float* dy, int pixels, float* partial, int padded)
        {
            Vector512<float> s0 = default;
            Vector512<float> s1 = default;
            Vector512<float> s2 = default;
            Vector512<float> s3 = default;
            Vector512<float> s4 = default;
            Vector512<float> s5 = default;
            Vector512<float> s6 = default;
            Vector512<float> s7 = default;
            for (int p = 0; p < pixels; p++, x += stride, dy += Channels)
            {
                Vector512<float> input = Vector512.Load(x);
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[0]), input, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[1]), input, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[2]), input, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[3]), input, s3);
                s4 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[4]), input, s4);
                s5 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[5]), input, s5);
                s6 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[6]), input, s6);
                s7 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[7]), input, s7);
            }

            AddTo(partial, s0);
            AddTo(partial + padded, s1);
            AddTo(partial + (2L * padded), s2);
            AddTo(partial + (3L * padded), s3);
            AddTo(partial + (4L * padded), s4);
            AddTo(partial + (5L * padded), s5);
            AddTo(partial + (6L * padded), s6);
            AddTo(partial + (7L * padded), s7);
        }

        private readonly void Outer2(float* x, int stride, float* dy, int pixels, float* partial, int padded)
        {
            Vector512<float> s0 = default;
            Vector512<float> s1 = default;
            for (int p = 0; p < pixels; p++, x += stride, dy += Channels)
            {
                Vector512<float> input = Vector512.Load(x);
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[0]), input, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(dy[1]), input, s1);
            }

            AddTo(partial, s0);
            AddTo(partial + padded, s1);
        }

        private readonly void Outer1(float* x, int stride, float* dy, int pixels, float* partial)
        {
            Vector512<float> sum = default;
            for (int p = 0; p < pixels; p++, x += stride, dy += Channels)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(*dy), Vector512.Load(x), sum);
            }

            AddTo(partial, sum);
        }

        private static void SumRows(float* rows, int stride, int pixels, float* partial)
        {
            Vector512<float> sum = default;
            for (int p = 0; p < pixels; p++, rows += stride)
            {
                sum += Vector512.Load(rows);
            }

            AddTo(partial, sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddTo(float* partial, Vector512<float> sum) =>
            (Vector512.Load(partial) + sum).Store(partial);
    }

    /// <summary>Adds the chunks' partial sums: one part per row of dM, and one for dv.</summary>
    private struct AffinePartialsJob : IJob
    {
        public float* Partials;
        public int Chunks;
        public int Channels;
        public float* DMatrix;
        public float* DOffset;

        public readonly void Invoke(int index, int worker)
        {
            float* to = index < Channels ? DMatrix + ((long)index * Channels) : DOffset;
            float* from = Partials + ((long)index * Padded(Channels));
            for (int c = 0; c < Channels; c += SimdMath.Width)
            {
                LaneSum sum = default;
                for (int k = 0; k < Chunks; k++)
                {
                    sum.Add(Vector512.Load(from + (k * PartialLength(Channels)) + c));
                }

                Lanes.Store(sum.ToSingle(), to + c, Channels - c);
            }
        }
    }

    /// <summary>A map for each index; forward, or back where there is a dLogDet.</summary>
    private readonly struct AssemblyJob(
        CpuBackend backend, PixelAffineAssembly[] assemblies, bool inverse, BufferView? dLogDet) : IJob
    {
        public PixelAffineAssembly[] Assemblies => assemblies;

        public void Invoke(int index, int worker)
        {
            ref readonly PixelAffineAssembly assembly = ref assemblies[index];
            if (dLogDet is BufferView perImage)
            {
                backend.PixelAffineAssembleBackward(
                    assembly.Parameters,
                    assembly.PixelsPerImage,
                    assembly.DMatrix,
                    assembly.DOffset,
                    perImage,
                    assembly.Gradients);
            }
            else
            {
                backend.PixelAffineAssemble(assembly.Parameters, assembly.Map, inverse);
            }
        }
    }
}
