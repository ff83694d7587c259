using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>An image is one row of elements, lane = element mod 16; LogDet adds up as the Gaussian's LogProb.</remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.LogitForward"/>
    public void LogitForward(ImageShape shape, double margin, BufferView x, BufferView y, BufferView logDet)
    {
        LogitForwardJob job = new()
        {
            Dims = shape.Dims,
            Margin = (float)margin,
            X = Pointer(x, shape.Length),
            Y = Pointer(y, shape.Length),
        };
        double constant = shape.Dims * Math.Log(1 - (2 * margin));
        SumImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job, -1, constant, Pointer(logDet, shape.Batch));
    }

    /// <inheritdoc cref="IBackend.LogitInverse"/>
    public void LogitInverse(ImageShape shape, double margin, BufferView y, BufferView x)
    {
        LogitInverseJob job = new()
        {
            Dims = shape.Dims,
            Margin = (float)margin,
            Y = Pointer(y, shape.Length),
            X = Pointer(x, shape.Length),
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    /// <inheritdoc cref="IBackend.LogitBackward"/>
    public void LogitBackward(
        ImageShape shape, double margin, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx)
    {
        LogitBackwardJob job = new()
        {
            Dims = shape.Dims,
            Margin = (float)margin,
            Y = Pointer(y, shape.Length),
            Dy = Pointer(dy, shape.Length),
            DLogDet = Pointer(dLogDet, shape.Batch),
            Dx = Pointer(dx, shape.Length),
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    private struct LogitForwardJob : IImageJob
    {
        public int Dims;
        public float Margin;
        public float* X;
        public float* Y;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            Vector512<float> half = Vector512.Create(0.5f);
            Vector512<float> one = Vector512<float>.One;
            Vector512<float> margin = Vector512.Create(Margin);
            Vector512<float> slope = Vector512.Create(1 - (2 * Margin));
            LaneSum sum = default;
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                // 1 - p by itself: near the upper end it keeps its digits.
                Vector512<float> x = Lanes.Load(X + at + i, count - i);
                Vector512<float> p = Vector512.FusedMultiplyAdd(slope, x + half, margin);
                Vector512<float> rest = Vector512.FusedMultiplyAdd(slope, half - x, margin);
                Vector512<float> logP = SimdMath.Log(p);
                Vector512<float> logRest = SimdMath.Log(rest);
                Vector512<float> outside = Vector512.LessThanOrEqual(p, Vector512<float>.Zero)
                    | Vector512.LessThanOrEqual(rest, Vector512<float>.Zero);
                Vector512<float> y = Vector512.ConditionalSelect(outside, Vector512<float>.Zero, logP - logRest);
                Vector512<float> minusLogDet = Vector512.ConditionalSelect(
                    outside, Vector512.Create(float.PositiveInfinity), logP + logRest);
                Lanes.Store(y, Y + at + i, count - i);
                sum.Add(Lanes.First(minusLogDet, count - i));
            }

            return sum.Total();
        }
    }

    private struct LogitInverseJob : IImageJob
    {
        public int Dims;
        public float Margin;
        public float* Y;
        public float* X;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            Vector512<float> slope = Vector512.Create(1 - (2 * Margin));
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                Vector512<float> p = SimdMath.Sigmoid(Lanes.Load(Y + at + i, count - i));
                Vector512<float> x = ((p - Vector512.Create(Margin)) / slope) - Vector512.Create(0.5f);
                Lanes.Store(x, X + at + i, count - i);
            }

            return 0;
        }
    }

    private struct LogitBackwardJob : IImageJob
    {
        public int Dims;
        public float Margin;
        public float* Y;
        public float* Dy;
        public float* DLogDet;
        public float* Dx;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            Vector512<float> slope = Vector512.Create(1 - (2 * Margin));
            Vector512<float> dLogDet = Vector512.Create(DLogDet[image]);
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                Vector512<float> p = SimdMath.SigmoidAndComplement(
                    Lanes.Load(Y + at + i, count - i), out Vector512<float> rest);
                Vector512<float> gradient = Vector512.FusedMultiplyAdd(
                    p - rest, dLogDet, Lanes.Load(Dy + at + i, count - i));
                Lanes.Store(slope / (p * rest) * gradient, Dx + at + i, count - i);
            }

            return 0;
        }
    }
}
