using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>A matrix as rows of inputs, then an offset, each padded by 0.</summary>
internal unsafe struct AffineMatrix
{
    public float* Matrix;
    public float* Offset;
    public int Channels;
    public int Padded;

    /// <summary>Lays out a matrix and an offset, <see cref="AffineLayout.PartialLength"/> elements.</summary>
    public static AffineMatrix Prepare(float* matrix, float* offset, int channels, bool transpose, float* destination)
    {
        int padded = AffineLayout.Padded(channels);
        new Span<float>(destination, checked((int)AffineLayout.PartialLength(channels))).Clear();
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

        return new AffineMatrix { Matrix = destination, Offset = start, Channels = channels, Padded = padded };
    }

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
        for (int p = 0; p < count; p += AffineLayout.Block)
        {
            int pixels = Math.Min(AffineLayout.Block, count - p);
            Apply(x + ((long)p * Channels), tile, pixels);
            y.Scatter(tile, first + p, pixels);
        }
    }

    /// <summary>y = matrix x + offset for some pixels, with x before its squeeze.</summary>
    public readonly void Apply(SqueezedPixels x, float* y, int first, int count, float* tile)
    {
        for (int p = 0; p < count; p += AffineLayout.Block)
        {
            int pixels = Math.Min(AffineLayout.Block, count - p);
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
