using System.Runtime.CompilerServices;
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
            AffineJob<AffineForward> job = new() { Shape = shape, From = from, Output = raw, To = to };
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
            AffineJob<AffineInverse> job = new() { Shape = shape, From = from, Output = raw, To = to };
            ForImages(shape.Batch, chunks, job);
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
            AffineJob<AffineBackward> job = new()
            {
                Shape = shape,
                From = from,
                Y = Pointer(y, shape.Length),
                Output = Pointer(output, CouplingOutputLength(kind, shape)),
                DLogDet = Pointer(dLogDet, shape.Batch),
                To = to,
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
        int turned = pixels == SimdMath.Width ? channels & ~3 : 0;
        PixelMajor.TransposeColumns(rows, stride, turned, lanes);
        for (int p = 0; p < pixels && turned < channels; p++, rows += stride)
        {
            for (int c = turned; c < channels; c++)
            {
                lanes[(c * SimdMath.Width) + p] = rows[c];
            }
        }
    }

    /// <summary>The inverse of <see cref="ToLanes"/>.</summary>
    internal static void FromLanes(float* lanes, float* rows, int stride, int pixels, int channels)
    {
        int turned = pixels == SimdMath.Width ? channels & ~3 : 0;
        PixelMajor.TransposeBack(lanes, turned, rows, stride);
        for (int p = 0; p < pixels && turned < channels; p++, rows += stride)
        {
            for (int c = turned; c < channels; c++)
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

    /// <summary>A pass of the affine coupling over 16 pixels of one channel.</summary>
    private interface IAffinePass
    {
        /// <summary>Whether it is the backward pass: y stands in the shift's place, and dr and dt are written.</summary>
        static abstract bool IsBackward { get; }

        /// <summary>Does it.</summary>
        /// <param name="raw">r.</param>
        /// <param name="second">t; in the backward pass y₂.</param>
        /// <param name="value">x₂ or y₂; in the backward pass dy₂.</param>
        /// <param name="dLogDet">The gradient of the image's LogDet, in the backward pass.</param>
        /// <param name="extra">What is added to LogDet; in the backward pass dr.</param>
        static abstract Vector512<float> Invoke(
            Vector512<float> raw,
            Vector512<float> second,
            Vector512<float> value,
            Vector512<float> dLogDet,
            out Vector512<float> extra);
    }

    private struct AffineJob<TPass> : IImageJob
        where TPass : IAffinePass
    {
        public ImageShape Shape;
        public float* From;
        public float* Y;
        public float* Output;
        public float* DLogDet;
        public float* To;
        public float* DOutput;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int stride = Shape.Channels;
            int kept = stride / 2;
            int half = stride - kept;
            long pixel = ((long)image * Shape.PixelsPerImage) + start;
            long offset = pixel * stride;
            CopyFirstHalf(From + offset, To + offset, stride, count);
            Vector512<float> dLogDet = TPass.IsBackward ? Vector512.Create(DLogDet[image]) : default;
            float* raw = stackalloc float[3 * CouplingChannels * SimdMath.Width];
            float* second = raw + (CouplingChannels * SimdMath.Width);
            float* value = second + (CouplingChannels * SimdMath.Width);
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
                    if (TPass.IsBackward)
                    {
                        ToLanes(Y + at + first, stride, pixels, channels, second);
                    }
                    else
                    {
                        ToLanes(Output + output + half + first, 2 * half, pixels, channels, second);
                    }

                    ToLanes(From + at + first, stride, pixels, channels, value);
                    for (int i = 0; i < channels * SimdMath.Width; i += SimdMath.Width)
                    {
                        Vector512<float> result = TPass.Invoke(
                            Vector512.Load(raw + i),
                            Vector512.Load(second + i),
                            Vector512.Load(value + i),
                            dLogDet,
                            out Vector512<float> extra);
                        result.Store(value + i);
                        if (TPass.IsBackward)
                        {
                            extra.Store(raw + i);
                        }
                        else
                        {
                            logDet.Add(pixels == SimdMath.Width ? extra : Lanes.First(extra, pixels));
                        }
                    }

                    if (TPass.IsBackward)
                    {
                        FromLanes(raw, DOutput + output + first, 2 * half, pixels, channels);
                        FromLanes(value, DOutput + output + half + first, 2 * half, pixels, channels);
                    }

                    FromLanes(value, To + at + first, stride, pixels, channels);
                }
            }

            return logDet.Total();
        }
    }

    private readonly struct AffineForward : IAffinePass
    {
        public static bool IsBackward => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Invoke(
            Vector512<float> raw,
            Vector512<float> second,
            Vector512<float> value,
            Vector512<float> dLogDet,
            out Vector512<float> extra) => CouplingLanes.Forward(raw, second, value, out extra);
    }

    private readonly struct AffineInverse : IAffinePass
    {
        public static bool IsBackward => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Invoke(
            Vector512<float> raw,
            Vector512<float> second,
            Vector512<float> value,
            Vector512<float> dLogDet,
            out Vector512<float> extra)
        {
            extra = default;
            return CouplingLanes.Inverse(raw, second, value);
        }
    }

    private readonly struct AffineBackward : IAffinePass
    {
        public static bool IsBackward => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Invoke(
            Vector512<float> raw,
            Vector512<float> second,
            Vector512<float> value,
            Vector512<float> dLogDet,
            out Vector512<float> extra) => CouplingLanes.Backward(raw, second, value, dLogDet, out extra);
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
