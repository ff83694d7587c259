using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The partial dM and dv of one chunk, then its dx, which may take dy's place.</summary>
internal unsafe struct AffineMapBackwardJob : IJob
{
    public float* X;
    public float* Dy;
    public int Pixels;
    public int ChunkPixels;
    public int Channels;
    public float* Partials;
    public AffineMatrix Map;
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
        int padded = AffineLayout.Padded(Channels);
        float* partial = Partials + (index * AffineLayout.PartialLength(Channels));
        new Span<float>(partial, checked((int)AffineLayout.PartialLength(Channels))).Clear();
        float* columns = stackalloc float[AffineLayout.Block * SimdMath.Width];
        float* tile = Tiles + (worker * AffineLayout.TileLength(Channels));
        for (int p = start; p < end; p += AffineLayout.Block)
        {
            int pixels = Math.Min(AffineLayout.Block, end - p);
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
