using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>What a pixel stage computes.</summary>
internal interface IStageDirection
{
    /// <summary>True for y to x.</summary>
    static abstract bool Inverse { get; }

    /// <summary>True to compute the gradients as well.</summary>
    static abstract bool Backward { get; }
}

internal readonly struct StageForward : IStageDirection
{
    public static bool Inverse => false;

    public static bool Backward => false;
}

internal readonly struct StageInverse : IStageDirection
{
    public static bool Inverse => true;

    public static bool Backward => false;
}

internal readonly struct StageBackward : IStageDirection
{
    public static bool Inverse => true;

    public static bool Backward => true;
}

/// <summary>
/// Taps, coupling and affine map of 16 pixels at a time, lane = pixel: the same operations in the same order as
/// <see cref="TapSum"/>, <see cref="CouplingLanes"/> and the affine map by themselves.
/// </summary>
/// <typeparam name="TDirection">Which of the three.</typeparam>
internal unsafe struct PixelStageJob<TDirection> : IImageJob
    where TDirection : IStageDirection
{
    public CouplingKind Kind;
    public ImageShape Shape;
    public Planes Taps;
    public int Outputs;
    public float* Bias;
    public float* Outside;

    /// <summary>x, or y where the stage is undone.</summary>
    public float* Source;

    /// <summary>The result.</summary>
    public float* Target;

    /// <summary>The result before its squeeze, in place of <see cref="Target"/>.</summary>
    public SqueezedPixels SqueezedTarget;

    /// <summary>The network's output, if wanted.</summary>
    public float* Output;

    /// <summary>The coupling's output, if wanted.</summary>
    public float* Coupled;

    /// <summary>M or M⁻¹; null for no map.</summary>
    public float* Matrix;

    /// <summary>v, or -M⁻¹ v.</summary>
    public float* Offset;

    public float* Dy;
    public float* DLogDet;
    public float* Dx;
    public float* DOutput;

    /// <summary><see cref="ScratchLength"/> elements per worker.</summary>
    public float* Scratch;

    /// <summary>Channels of the image twice, of its gradient and of the network's output, in lanes.</summary>
    public static long ScratchLength(int channels, int outputs) => ((3L * channels) + outputs) * SimdMath.Width;

    public readonly double Invoke(int image, int start, int count, int worker)
    {
        int channels = Shape.Channels;
        Vector512<float>* masks = stackalloc Vector512<float>[TapMasks.Taps];
        float* values = Scratch + (worker * ScratchLength(channels, Outputs));
        float* mapped = values + (channels * SimdMath.Width);
        float* gradient = mapped + (channels * SimdMath.Width);
        float* output = gradient + (channels * SimdMath.Width);
        LaneSum logDet = default;
        for (int block = 0; block < count; block += SimdMath.Width)
        {
            int pixels = Math.Min(SimdMath.Width, count - block);
            long pixel = ((long)image * Shape.PixelsPerImage) + start + block;
            long at = pixel * channels;
            TapMasks.Compute(Shape, start + block, Shape.PixelsPerImage, masks);
            CpuBackend.ToLanes(Source + at, channels, pixels, channels, values);
            if (TDirection.Backward)
            {
                CpuBackend.ToLanes(Dy + at, channels, pixels, channels, gradient);
            }

            Vector512<float> dLogDet =
                TDirection.Backward ? Vector512.Create(DLogDet[image]) : Vector512<float>.Zero;
            int half = channels / 2;
            for (int c = 0; c < half; c++)
            {
                Couple(pixel, c, masks, values, gradient, output, dLogDet, pixels, ref logDet);
            }

            if (TDirection.Backward)
            {
                CpuBackend.FromLanes(gradient, Dx + at, channels, pixels, channels);
                CpuBackend.FromLanes(output, DOutput + (pixel * Outputs), Outputs, pixels, Outputs);
            }
            else if (Output is not null)
            {
                CpuBackend.FromLanes(output, Output + (pixel * Outputs), Outputs, pixels, Outputs);
            }

            if (Coupled is not null)
            {
                CpuBackend.FromLanes(values, Coupled + at, channels, pixels, channels);
            }

            if (Matrix is not null)
            {
                Map(values, mapped);
            }

            float* result = Matrix is null ? values : mapped;
            if (SqueezedTarget.IsNone)
            {
                CpuBackend.FromLanes(result, Target + at, channels, pixels, channels);
            }
            else
            {
                // The gradient has left its lanes.
                CpuBackend.FromLanes(result, gradient, channels, pixels, channels);
                SqueezedTarget.Scatter(gradient, (int)pixel, pixels);
            }
        }

        return logDet.Total();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Couple(
        long pixel,
        int c,
        Vector512<float>* masks,
        float* values,
        float* gradient,
        float* output,
        Vector512<float> dLogDet,
        int pixels,
        ref LaneSum logDet)
    {
        int half = Shape.Channels / 2;
        float* value = values + ((half + c) * SimdMath.Width);
        float* dValue = gradient + ((half + c) * SimdMath.Width);
        float* first = output + (c * SimdMath.Width);
        Vector512<float> old = Vector512.Load(value);
        Vector512<float> raw = Tap(pixel, c, masks);
        raw.Store(first);
        if (Kind == CouplingKind.Additive)
        {
            (TDirection.Inverse ? old - raw : old + raw).Store(value);
            if (TDirection.Backward)
            {
                Vector512.Load(dValue).Store(first);
            }

            return;
        }

        float* second = output + ((half + c) * SimdMath.Width);
        Vector512<float> shift = Tap(pixel, half + c, masks);
        shift.Store(second);
        if (TDirection.Inverse)
        {
            CouplingLanes.Inverse(raw, shift, old).Store(value);
        }
        else
        {
            CouplingLanes.Forward(raw, shift, old, out Vector512<float> logScale).Store(value);
            logDet.Add(pixels == SimdMath.Width ? logScale : Lanes.First(logScale, pixels));
        }

        if (TDirection.Backward)
        {
            Vector512<float> dShift = CouplingLanes.Backward(
                raw, old, Vector512.Load(dValue), dLogDet, out Vector512<float> dRaw);
            dRaw.Store(first);
            dShift.Store(second);
            dShift.Store(dValue);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Vector512<float> Tap(long pixel, int channel, Vector512<float>* masks) =>
        Taps.SumTaps(
            pixel, Shape.Width, Outputs, channel, false, masks, Outside, Vector512.Create(Bias[channel]));

    // One chain per output over the inputs in order, as in the map alone; four outputs at a time hide the latency.
    private readonly void Map(float* values, float* mapped)
    {
        int channels = Shape.Channels;
        int row = 0;
        for (; row + 4 <= channels; row += 4)
        {
            float* m = Matrix + ((nint)row * channels);
            Vector512<float> a = Vector512.Create(Offset[row]);
            Vector512<float> b = Vector512.Create(Offset[row + 1]);
            Vector512<float> c = Vector512.Create(Offset[row + 2]);
            Vector512<float> d = Vector512.Create(Offset[row + 3]);
            for (int k = 0; k < channels; k++)
            {
                Vector512<float> value = Vector512.Load(values + (k * SimdMath.Width));
                a = Vector512.FusedMultiplyAdd(Vector512.Create(m[k]), value, a);
                b = Vector512.FusedMultiplyAdd(Vector512.Create(m[channels + k]), value, b);
                c = Vector512.FusedMultiplyAdd(Vector512.Create(m[(2 * channels) + k]), value, c);
                d = Vector512.FusedMultiplyAdd(Vector512.Create(m[(3 * channels) + k]), value, d);
            }

            a.Store(mapped + (row * SimdMath.Width));
            b.Store(mapped + ((row + 1) * SimdMath.Width));
            c.Store(mapped + ((row + 2) * SimdMath.Width));
            d.Store(mapped + ((row + 3) * SimdMath.Width));
        }

        for (; row < channels; row++)
        {
            Vector512<float> sum = Vector512.Create(Offset[row]);
            for (int k = 0; k < channels; k++)
            {
                Vector512<float> factor = Vector512.Create(Matrix[((nint)row * channels) + k]);
                sum = Vector512.FusedMultiplyAdd(factor, Vector512.Load(values + (k * SimdMath.Width)), sum);
            }

            sum.Store(mapped + (row * SimdMath.Width));
        }
    }
}
