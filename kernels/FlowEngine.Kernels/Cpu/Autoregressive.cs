using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// Lane = element mod 16, LogDet as <see cref="ImageChunks.OfElements"/> divides an image.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.AutoregressiveNormalize"/>
    public void AutoregressiveNormalize(
        ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet)
    {
        NormalizeJob job = new()
        {
            Dims = shape.Dims,
            X = Pointer(x, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Y = Pointer(y, shape.Length),
        };
        SumImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job, -1, 0, Pointer(logDet, shape.Batch));
    }

    /// <inheritdoc cref="IBackend.AutoregressiveDenormalize"/>
    public void AutoregressiveDenormalize(ImageShape shape, BufferView y, BufferView output, BufferView x)
    {
        NormalizeJob job = new()
        {
            Dims = shape.Dims,
            X = Pointer(y, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Y = Pointer(x, shape.Length),
            Inverse = true,
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    /// <inheritdoc cref="IBackend.AutoregressiveBackward"/>
    public void AutoregressiveBackward(
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput)
    {
        NormalizeBackwardJob job = new()
        {
            Dims = shape.Dims,
            Y = Pointer(y, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Dy = Pointer(dy, shape.Length),
            DLogDet = Pointer(dLogDet, shape.Batch),
            Dx = Pointer(dx, shape.Length),
            DOutput = Pointer(dOutput, 2 * shape.Length),
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    /// <summary>Parts (m, r) of up to 16 dimensions; lanes past the last are 0.</summary>
    private static void LoadPairs(float* pairs, int count, out Vector512<float> mean, out Vector512<float> raw)
    {
        float* parted = stackalloc float[2 * SimdMath.Width];
        new Span<float>(parted, 2 * SimdMath.Width).Clear();
        for (int i = 0; i < Math.Min(count, SimdMath.Width); i++)
        {
            parted[i] = pairs[2 * i];
            parted[SimdMath.Width + i] = pairs[(2 * i) + 1];
        }

        mean = Vector512.Load(parted);
        raw = Vector512.Load(parted + SimdMath.Width);
    }

    private static void StorePairs(Vector512<float> mean, Vector512<float> raw, int count, float* pairs)
    {
        float* parted = stackalloc float[2 * SimdMath.Width];
        mean.Store(parted);
        raw.Store(parted + SimdMath.Width);
        for (int i = 0; i < Math.Min(count, SimdMath.Width); i++)
        {
            pairs[2 * i] = parted[i];
            pairs[(2 * i) + 1] = parted[SimdMath.Width + i];
        }
    }

    private struct NormalizeJob : IImageJob
    {
        public int Dims;
        public float* X;
        public float* Output;
        public float* Y;
        public bool Inverse;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            LaneSum sum = default;
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                LoadPairs(Output + (2 * (at + i)), count - i, out Vector512<float> mean, out Vector512<float> raw);
                Vector512<float> x = Lanes.Load(X + at + i, count - i);
                Vector512<float> y = Inverse
                    ? AutoregressiveLanes.Denormalize(x, mean, raw)
                    : AutoregressiveLanes.Normalize(x, mean, raw);
                Lanes.Store(y, Y + at + i, count - i);
                sum.Add(AutoregressiveLanes.LogScale(raw));
            }

            return sum.Total();
        }
    }

    private struct NormalizeBackwardJob : IImageJob
    {
        public int Dims;
        public float* Y;
        public float* Output;
        public float* Dy;
        public float* DLogDet;
        public float* Dx;
        public float* DOutput;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            Vector512<float> dLogDet = Vector512.Create(DLogDet[image]);
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                LoadPairs(Output + (2 * (at + i)), count - i, out _, out Vector512<float> raw);
                Vector512<float> dx = AutoregressiveLanes.Backward(
                    Lanes.Load(Y + at + i, count - i),
                    raw,
                    Lanes.Load(Dy + at + i, count - i),
                    dLogDet,
                    out Vector512<float> dRaw);
                Lanes.Store(dx, Dx + at + i, count - i);
                StorePairs(-dx, dRaw, count - i, DOutput + (2 * (at + i)));
            }

            return 0;
        }
    }
}
