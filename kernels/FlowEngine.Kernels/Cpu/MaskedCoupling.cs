using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// 16 pixels of one channel at a time. LogDet adds up as <see cref="CouplingLanes"/> says; lanes of pixels that pass add
/// 0. The gradient of the factors is summed by chunks of an image, then over the chunks in order.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.MaskedCouplingInput"/>
    public void MaskedCouplingInput(ImageShape shape, CouplingMask mask, BufferView x, BufferView input)
    {
        MaskedInputJob job = new()
        {
            Shape = shape,
            Mask = mask,
            Values = Pointer(x, shape.Length),
            Input = Pointer(input, shape.WithChannels(mask.InputChannels(shape.Channels)).Length),
        };
        ForImages(shape.Batch, ImageChunks.OfPixels(shape.PixelsPerImage), job);
    }

    /// <inheritdoc cref="IBackend.MaskedCouplingInputBackward"/>
    public void MaskedCouplingInputBackward(ImageShape shape, CouplingMask mask, BufferView dInput, BufferView dx)
    {
        MaskedInputJob job = new()
        {
            Shape = shape,
            Mask = mask,
            Values = Pointer(dx, shape.Length),
            Input = Pointer(dInput, shape.WithChannels(mask.InputChannels(shape.Channels)).Length),
            Adjoint = true,
        };
        ForImages(shape.Batch, ImageChunks.OfPixels(shape.PixelsPerImage), job);
    }

    /// <inheritdoc cref="IBackend.MaskedCouplingForward"/>
    public void MaskedCouplingForward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView y,
        BufferView logDet) =>
        SumImages(
            shape.Batch,
            ImageChunks.OfPixels(shape.PixelsPerImage),
            MapJob(shape, mask, factor, x, output, y, inverse: false),
            1,
            0,
            Pointer(logDet, shape.Batch));

    /// <inheritdoc cref="IBackend.MaskedCouplingInverse"/>
    public void MaskedCouplingInverse(
        ImageShape shape, CouplingMask mask, BufferView factor, BufferView y, BufferView output, BufferView x) =>
        ForImages(
            shape.Batch,
            ImageChunks.OfPixels(shape.PixelsPerImage),
            MapJob(shape, mask, factor, y, output, x, inverse: true));

    /// <inheritdoc cref="IBackend.MaskedCouplingWorkspaceLength"/>
    public long MaskedCouplingWorkspaceLength(ImageShape shape, CouplingMask mask) =>
        (long)shape.Batch * ImageChunks.OfPixels(shape.PixelsPerImage).Count * mask.Channels;

    /// <inheritdoc cref="IBackend.MaskedCouplingBackward"/>
    public void MaskedCouplingBackward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView dFactor,
        BufferView workspace)
    {
        ImageChunks chunks = ImageChunks.OfPixels(shape.PixelsPerImage);
        long outputLength = shape.WithChannels(mask.OutputChannels).Length;
        MaskedBackwardJob job = new()
        {
            Shape = shape,
            Mask = mask,
            Chunks = chunks,
            Factor = Pointer(factor, mask.Channels),
            X = Pointer(x, shape.Length),
            Output = Pointer(output, outputLength),
            Dy = Pointer(dy, shape.Length),
            DLogDet = Pointer(dLogDet, shape.Batch),
            Dx = Pointer(dx, shape.Length),
            DOutput = Pointer(dOutput, outputLength),
            Parts = Pointer(workspace, MaskedCouplingWorkspaceLength(shape, mask)),
        };
        ForImages(shape.Batch, chunks, job);
        float* sums = Pointer(dFactor, mask.Channels);
        for (int c = 0; c < mask.Channels; c++)
        {
            double sum = sums[c];
            for (long part = 0; part < (long)shape.Batch * chunks.Count; part++)
            {
                sum += job.Parts[(part * mask.Channels) + c];
            }

            sums[c] = (float)sum;
        }
    }

    private static MaskedMapJob MapJob(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView from,
        BufferView output,
        BufferView to,
        bool inverse) =>
        new()
        {
            Shape = shape,
            Mask = mask,
            Factor = Pointer(factor, mask.Channels),
            From = Pointer(from, shape.Length),
            Output = Pointer(output, shape.WithChannels(mask.OutputChannels).Length),
            To = Pointer(to, shape.Length),
            Inverse = inverse,
        };

    /// <summary>All ones in the lanes of the pixels that are moved, from one pixel of an image on.</summary>
    private static Vector512<float> MovedLanes(ImageShape shape, CouplingMask mask, int pixel, int pixels)
    {
        Vector512<int> moved = default;
        int* lanes = (int*)&moved;
        int row = pixel / shape.Width;
        int column = pixel % shape.Width;
        for (int lane = 0; lane < SimdMath.Width; lane++)
        {
            lanes[lane] = lane < pixels && mask.Moves(row, column) ? -1 : 0;
            if (++column == shape.Width)
            {
                column = 0;
                row++;
            }
        }

        return moved.AsSingle();
    }

    // 16 pixels of one channel.
    private static Vector512<float> LoadChannel(float* at, int stride, int pixels)
    {
        Vector512<float> value = default;
        ToLanes(at, stride, pixels, 1, (float*)&value);
        return value;
    }

    private static void StoreChannel(Vector512<float> value, float* at, int stride, int pixels) =>
        FromLanes((float*)&value, at, stride, pixels, 1);

    // tanh r = σ(2r) - σ(-2r), and 1 - tanh² r = 4 σ(2r) σ(-2r).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Tanh(Vector512<float> raw, out Vector512<float> slope)
    {
        Vector512<float> sigmoid = SimdMath.SigmoidAndComplement(raw + raw, out Vector512<float> complement);
        slope = sigmoid * complement * Vector512.Create(4f);
        return sigmoid - complement;
    }

    private struct MaskedInputJob : IImageJob
    {
        public ImageShape Shape;
        public CouplingMask Mask;
        public float* Values;
        public float* Input;
        public bool Adjoint;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int channels = Shape.Channels;
            int inputs = Mask.InputChannels(channels);
            int offset = Mask.Color is null && Mask.FirstChannel == 0 ? Mask.Channels : 0;
            int passing = Mask.Color is null ? inputs : channels;
            long pixel = ((long)image * Shape.PixelsPerImage) + start;
            float* values = Values + (pixel * channels) + offset;
            float* input = Input + (pixel * inputs);
            for (int p = start; p < start + count; p++, values += channels, input += inputs)
            {
                bool passes = Mask.Color is null || !Mask.Moves(p / Shape.Width, p % Shape.Width);
                for (int c = 0; c < passing && (passes || !Adjoint); c++)
                {
                    if (Adjoint)
                    {
                        values[c] += input[c];
                    }
                    else
                    {
                        input[c] = passes ? values[c] : 0;
                    }
                }

                if (Mask.Color is not null && !Adjoint)
                {
                    input[channels] = passes ? 1 : 0;
                }
            }

            return 0;
        }
    }

    private struct MaskedMapJob : IImageJob
    {
        public ImageShape Shape;
        public CouplingMask Mask;
        public float* Factor;
        public float* From;
        public float* Output;
        public float* To;
        public bool Inverse;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int channels = Shape.Channels;
            int outputs = Mask.OutputChannels;
            LaneSum logDet = default;
            long first = ((long)image * Shape.PixelsPerImage) + start;
            long length = (long)count * channels * sizeof(float);
            Buffer.MemoryCopy(From + (first * channels), To + (first * channels), length, length);
            for (int block = 0; block < count; block += SimdMath.Width)
            {
                int pixels = Math.Min(SimdMath.Width, count - block);
                Vector512<float> moved = MovedLanes(Shape, Mask, start + block, pixels);
                float* output = Output + ((first + block) * outputs);
                float* to = To + ((first + block) * channels) + Mask.FirstChannel;
                for (int c = 0; c < Mask.Channels; c++)
                {
                    Vector512<float> value = LoadChannel(to + c, channels, pixels);
                    Vector512<float> shift = LoadChannel(output + Mask.Channels + c, outputs, pixels);
                    Vector512<float> scale = Vector512.Create(Factor[c])
                        * Tanh(LoadChannel(output + c, outputs, pixels), out _);
                    Vector512<float> result = Inverse
                        ? (value - shift) * SimdMath.Exp(-scale)
                        : Vector512.FusedMultiplyAdd(value, SimdMath.Exp(scale), shift);
                    StoreChannel(Vector512.ConditionalSelect(moved, result, value), to + c, channels, pixels);
                    logDet.Add(scale & moved);
                }
            }

            return logDet.Total();
        }
    }

    private struct MaskedBackwardJob : IImageJob
    {
        public ImageShape Shape;
        public CouplingMask Mask;
        public ImageChunks Chunks;
        public float* Factor;
        public float* X;
        public float* Output;
        public float* Dy;
        public float* DLogDet;
        public float* Dx;
        public float* DOutput;

        /// <summary>Σ ds tanh r of each chunk, [image][chunk][n].</summary>
        public float* Parts;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            int channels = Shape.Channels;
            int outputs = Mask.OutputChannels;
            Vector512<float> dLogDet = Vector512.Create(DLogDet[image]);
            long first = ((long)image * Shape.PixelsPerImage) + start;
            long length = (long)count * channels * sizeof(float);
            float* part = Parts + ((((long)image * Chunks.Count) + (start / Chunks.ChunkLength)) * Mask.Channels);
            Buffer.MemoryCopy(Dy + (first * channels), Dx + (first * channels), length, length);
            for (int c = 0; c < Mask.Channels; c++)
            {
                Vector512<float> factor = Vector512.Create(Factor[c]);
                LaneSum sum = default;
                for (int block = 0; block < count; block += SimdMath.Width)
                {
                    int pixels = Math.Min(SimdMath.Width, count - block);
                    Vector512<float> moved = MovedLanes(Shape, Mask, start + block, pixels);
                    long output = ((first + block) * outputs) + c;
                    long at = ((first + block) * channels) + Mask.FirstChannel + c;
                    Vector512<float> x = LoadChannel(X + at, channels, pixels);
                    Vector512<float> dy = LoadChannel(Dx + at, channels, pixels);
                    Vector512<float> tanh = Tanh(LoadChannel(Output + output, outputs, pixels), out Vector512<float> slope);
                    Vector512<float> scaled = SimdMath.Exp(factor * tanh) * dy;
                    Vector512<float> dScale = Vector512.FusedMultiplyAdd(scaled, x, dLogDet);
                    sum.Add((dScale * tanh) & moved);
                    StoreChannel((dScale * factor * slope) & moved, DOutput + output, outputs, pixels);
                    StoreChannel(dy & moved, DOutput + output + Mask.Channels, outputs, pixels);
                    StoreChannel(Vector512.ConditionalSelect(moved, scaled, dy), Dx + at, channels, pixels);
                }

                part[c] = (float)sum.Total();
            }

            return 0;
        }
    }
}
