using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// Affine: one part per chunk of an image's pixels. 16 pixels at a time and up to 32 channels of them are turned into
/// lanes, lane = pixel, so that LogDet has the order of <see cref="CouplingLanes"/>.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    // The channels turned into lanes at a time: three arrays of 32 x 16 floats stay in the first cache.
    private const int CouplingChannels = 32;

    /// <inheritdoc cref="IBackend.CouplingForward"/>
    public void CouplingForward(
        CouplingKind kind, ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet)
    {
        float* from = Pointer(x, shape.Length);
        float* to = Pointer(y, shape.Length);
        float* sums = Pointer(logDet, shape.Batch);
        ImageChunks chunks = ImageChunks.OfPixels(shape.PixelsPerImage);
        if (kind == CouplingKind.Additive)
        {
            float* shift = Pointer(output, CouplingOutputLength(kind, shape));
            ForImages(shape.Batch, chunks, new AdditiveJob { Shape = shape, X = from, Shift = shift, Y = to });
        }
        else
        {
            float* raw = Pointer(output, CouplingOutputLength(kind, shape));
            AffineForwardJob job = new() { Shape = shape, X = from, Output = raw, Y = to };
            SumImages(shape.Batch, chunks, job, 1, 0, sums);
        }
    }

    /// <inheritdoc cref="IBackend.CouplingInverse"/>
    public void CouplingInverse(CouplingKind kind, ImageShape shape, BufferView y, BufferView output, BufferView x)
    {
        float* from = Pointer(y, shape.Length);
        float* to = Pointer(x, shape.Length);
        ImageChunks chunks = ImageChunks.OfPixels(shape.PixelsPerImage);
        if (kind == CouplingKind.Additive)
        {
            float* shift = Pointer(output, CouplingOutputLength(kind, shape));
            ForImages(
                shape.Batch,
                chunks,
                new AdditiveJob { Shape = shape, X = from, Shift = shift, Y = to, Subtract = true });
        }
        else
        {
            float* raw = Pointer(output, CouplingOutputLength(kind, shape));
            ForImages(shape.Batch, chunks, new AffineInverseJob { Shape = shape, Y = from, Output = raw, X = to });
        }
    }

    /// <inheritdoc cref="IBackend.CouplingBackward"/>
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
        float* from = Pointer(dy, shape.Length);
        float* to = Pointer(dx, shape.Length);
        ImageChunks chunks = ImageChunks.OfPixels(shape.PixelsPerImage);
        if (kind == CouplingKind.Additive)
        {
            float* dShift = Pointer(dOutput, CouplingOutputLength(kind, shape));
            ForImages(
                shape.Batch, chunks, new AdditiveBackwardJob { Shape = shape, Dy = from, Dx = to, DShift = dShift });
        }
        else
        {
            AffineBackwardJob job = new()
            {
                Shape = shape,
                Y = Pointer(y, shape.Length),
                Output = Pointer(output, CouplingOutputLength(kind, shape)),
                Dy = from,
                DLogDet = Pointer(dLogDet, shape.Batch),
                Dx = to,
                DOutput = Pointer(dOutput, CouplingOutputLength(kind, shape)),
            };
            ForImages(shape.Batch, chunks, job);
        }
    }

    private static long CouplingOutputLength(CouplingKind kind, ImageShape shape) =>
        (kind == CouplingKind.Affine ? 2L : 1L) * shape.Pixels * (shape.Channels - (shape.Channels / 2));

    /// <summary>Rows of up to 16 pixels to lanes: lanes[c, pixel] = rows[pixel, c].</summary>
    internal static void ToLanes(float* rows, int stride, int pixels, int channels, float* lanes)
    {
        for (int p = 0; p < pixels; p++, rows += stride)
        {
            for (int c = 0; c < channels; c++)
            {
                lanes[(c * SimdMath.Width) + p] = rows[c];
            }
        }
    }

    /// <summary>The inverse of <see cref="ToLanes"/>.</summary>
    internal static void FromLanes(float* lanes, float* rows, int stride, int pixels, int channels)
    {
        for (int p = 0; p < pixels; p++, rows += stride)
        {
            for (int c = 0; c < channels; c++)
            {
                rows[c] = lanes[(c * SimdMath.Width) + p];
            }
        }
    }

    /// <summary>Copies the first half of the channels of some pixels, unless they stay where they are.</summary>
    private static void CopyFirstHalf(float* from, float* to, int channels, int pixels)
    {
        if (from == to)
        {
            return;
        }

        int half = channels / 2;
        for (int p = 0; p < pixels; p++, from += channels, to += channels)
        {
            new ReadOnlySpan<float>(from, half).CopyTo(new Span<float>(to, half));
        }
    }

    private struct AffineForwardJob : IImageJob
    {
        public ImageShape Shape;
        public float* X;
        public float* Output;
        public float* Y;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int stride = Shape.Channels;
            int kept = stride / 2;
            int half = stride - kept;
            long pixel = ((long)image * Shape.PixelsPerImage) + start;
            long offset = pixel * stride;
            CopyFirstHalf(X + offset, Y + offset, stride, count);
            float* raw = stackalloc float[3 * CouplingChannels * SimdMath.Width];
            float* shift = raw + (CouplingChannels * SimdMath.Width);
            float* x = shift + (CouplingChannels * SimdMath.Width);
            LaneSum logDet = default;
            for (int p = 0; p < count; p += SimdMath.Width)
            {
                int pixels = Math.Min(SimdMath.Width, count - p);
                long at = offset + ((long)p * stride) + kept;
                long output = (pixel + p) * 2 * half;
                for (int first = 0; first < half; first += CouplingChannels)
                {
                    int channels = Math.Min(CouplingChannels, half - first);
                    ToLanes(Output + output + first, 2 * half, pixels, channels, raw);
                    ToLanes(Output + output + half + first, 2 * half, pixels, channels, shift);
                    ToLanes(X + at + first, stride, pixels, channels, x);
                    for (int i = 0; i < channels * SimdMath.Width; i += SimdMath.Width)
                    {
                        Vector512<float> y = CouplingLanes.Forward(
                            Vector512.Load(raw + i),
                            Vector512.Load(shift + i),
                            Vector512.Load(x + i),
                            out Vector512<float> logScale);
                        y.Store(x + i);
                        logDet.Add(pixels == SimdMath.Width ? logScale : Lanes.First(logScale, pixels));
                    }

                    FromLanes(x, Y + at + first, stride, pixels, channels);
                }
            }

            return logDet.Total();
        }
    }

    private struct AffineInverseJob : IImageJob
    {
        public ImageShape Shape;
        public float* Y;
        public float* Output;
        public float* X;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int stride = Shape.Channels;
            int kept = stride / 2;
            int half = stride - kept;
            long pixel = ((long)image * Shape.PixelsPerImage) + start;
            long offset = pixel * stride;
            CopyFirstHalf(Y + offset, X + offset, stride, count);
            float* raw = stackalloc float[3 * CouplingChannels * SimdMath.Width];
            float* shift = raw + (CouplingChannels * SimdMath.Width);
            float* y = shift + (CouplingChannels * SimdMath.Width);
            for (int p = 0; p < count; p += SimdMath.Width)
            {
                int pixels = Math.Min(SimdMath.Width, count - p);
                long at = offset + ((long)p * stride) + kept;
                long output = (pixel + p) * 2 * half;
                for (int first = 0; first < half; first += CouplingChannels)
                {
                    int channels = Math.Min(CouplingChannels, half - first);
                    ToLanes(Output + output + first, 2 * half, pixels, channels, raw);
                    ToLanes(Output + output + half + first, 2 * half, pixels, channels, shift);
                    ToLanes(Y + at + first, stride, pixels, channels, y);
                    for (int i = 0; i < channels * SimdMath.Width; i += SimdMath.Width)
                    {
                        CouplingLanes.Inverse(Vector512.Load(raw + i), Vector512.Load(shift + i), Vector512.Load(y + i))
                            .Store(y + i);
                    }

                    FromLanes(y, X + at + first, stride, pixels, channels);
                }
            }

            return 0;
        }
    }

    private struct AffineBackwardJob : IImageJob
    {
        public ImageShape Shape;
        public float* Y;
        public float* Output;
        public float* Dy;
        public float* DLogDet;
        public float* Dx;
        public float* DOutput;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int stride = Shape.Channels;
            int kept = stride / 2;
            int half = stride - kept;
            long pixel = ((long)image * Shape.PixelsPerImage) + start;
            long offset = pixel * stride;
            CopyFirstHalf(Dy + offset, Dx + offset, stride, count);
            Vector512<float> dLogDet = Vector512.Create(DLogDet[image]);
            float* raw = stackalloc float[3 * CouplingChannels * SimdMath.Width];
            float* y = raw + (CouplingChannels * SimdMath.Width);
            float* dy = y + (CouplingChannels * SimdMath.Width);
            for (int p = 0; p < count; p += SimdMath.Width)
            {
                int pixels = Math.Min(SimdMath.Width, count - p);
                long at = offset + ((long)p * stride) + kept;
                long output = (pixel + p) * 2 * half;
                for (int first = 0; first < half; first += CouplingChannels)
                {
                    int channels = Math.Min(CouplingChannels, half - first);
                    ToLanes(Output + output + first, 2 * half, pixels, channels, raw);
                    ToLanes(Y + at + first, stride, pixels, channels, y);
                    ToLanes(Dy + at + first, stride, pixels, channels, dy);
                    for (int i = 0; i < channels * SimdMath.Width; i += SimdMath.Width)
                    {
                        Vector512<float> dx = CouplingLanes.Backward(
                            Vector512.Load(raw + i),
                            Vector512.Load(y + i),
                            Vector512.Load(dy + i),
                            dLogDet,
                            out Vector512<float> dRaw);
                        dx.Store(dy + i);
                        dRaw.Store(raw + i);
                    }

                    FromLanes(raw, DOutput + output + first, 2 * half, pixels, channels);
                    FromLanes(dy, DOutput + output + half + first, 2 * half, pixels, channels);
                    FromLanes(dy, Dx + at + first, stride, pixels, channels);
                }
            }

            return 0;
        }
    }

    private struct AdditiveJob : IImageJob
    {
        public ImageShape Shape;
        public float* X;
        public float* Shift;
        public float* Y;
        public bool Subtract;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int kept = Shape.Channels / 2;
            int half = Shape.Channels - kept;
            long pixel = ((long)image * Shape.PixelsPerImage) + start;
            CopyFirstHalf(X + (pixel * Shape.Channels), Y + (pixel * Shape.Channels), Shape.Channels, count);
            for (int p = 0; p < count; p++, pixel++)
            {
                float* x = X + (pixel * Shape.Channels) + kept;
                float* y = Y + (pixel * Shape.Channels) + kept;
                float* shift = Shift + (pixel * half);
                for (int c = 0; c < half; c += SimdMath.Width)
                {
                    Vector512<float> from = Lanes.Load(x + c, half - c);
                    Vector512<float> t = Lanes.Load(shift + c, half - c);
                    Lanes.Store(Subtract ? from - t : from + t, y + c, half - c);
                }
            }

            return 0;
        }
    }

    private struct AdditiveBackwardJob : IImageJob
    {
        public ImageShape Shape;
        public float* Dy;
        public float* Dx;
        public float* DShift;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int kept = Shape.Channels / 2;
            int half = Shape.Channels - kept;
            long pixel = ((long)image * Shape.PixelsPerImage) + start;
            for (int p = 0; p < count; p++, pixel++)
            {
                float* dy = Dy + (pixel * Shape.Channels);
                float* dx = Dx + (pixel * Shape.Channels);
                new ReadOnlySpan<float>(dy + kept, half).CopyTo(new Span<float>(DShift + (pixel * half), half));
                if (dx != dy)
                {
                    new ReadOnlySpan<float>(dy, Shape.Channels).CopyTo(new Span<float>(dx, Shape.Channels));
                }
            }

            return 0;
        }
    }
}
