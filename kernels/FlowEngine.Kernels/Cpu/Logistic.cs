using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>An image is one row of elements, lane = element mod 16; LogProb adds up as for the Gaussian.</remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.LogisticLogProb"/>
    public void LogisticLogProb(ImageShape shape, BufferView z, BufferView logProb)
    {
        LogisticLogProbJob job = new() { Dims = shape.Dims, Z = Pointer(z, shape.Length) };
        SumImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job, 1, 0, Pointer(logProb, shape.Batch));
    }

    /// <inheritdoc cref="IBackend.LogisticBackward"/>
    public void LogisticBackward(ImageShape shape, BufferView z, BufferView dLogProb, BufferView dz)
    {
        LogisticBackwardJob job = new()
        {
            Dims = shape.Dims,
            Z = Pointer(z, shape.Length),
            DLogProb = Pointer(dLogProb, shape.Batch),
            Dz = Pointer(dz, shape.Length),
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    /// <inheritdoc cref="IBackend.LogisticSample"/>
    public void LogisticSample(ImageShape shape, BufferView uniform, double temperature, BufferView z)
    {
        LogisticSampleJob job = new()
        {
            Dims = shape.Dims,
            Uniform = Pointer(uniform, shape.Length),
            Temperature = (float)temperature,
            Z = Pointer(z, shape.Length),
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    private struct LogisticLogProbJob : IImageJob
    {
        public int Dims;
        public float* Z;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            float* z = Z + ((long)image * Dims) + start;
            LaneSum sum = default;
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                // ln σ(z) + ln σ(-z) = -|z| + 2 ln σ(|z|).
                Vector512<float> size = Vector512.Abs(Lanes.Load(z + i, count - i));
                SimdMath.Sigmoid(size, out Vector512<float> logSigmoid);
                sum.Add(Lanes.First((logSigmoid + logSigmoid) - size, count - i));
            }

            return sum.Total();
        }
    }

    private struct LogisticBackwardJob : IImageJob
    {
        public int Dims;
        public float* Z;
        public float* DLogProb;
        public float* Dz;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            Vector512<float> g = Vector512.Create(DLogProb[image]);
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                // tanh(z / 2) = σ(z) - σ(-z).
                Vector512<float> sigmoid = SimdMath.SigmoidAndComplement(
                    Lanes.Load(Z + at + i, count - i), out Vector512<float> complement);
                Lanes.Store(g * (complement - sigmoid), Dz + at + i, count - i);
            }

            return 0;
        }
    }

    private struct LogisticSampleJob : IImageJob
    {
        public int Dims;
        public float* Uniform;
        public float Temperature;
        public float* Z;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            Vector512<float> half = Vector512.Create(1f / (1 << 25));
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                Vector512<float> u = Lanes.Load(Uniform + at + i, count - i);
                Vector512<float> z = SimdMath.Log(u + half) - SimdMath.Log((Vector512<float>.One - u) - half);
                Lanes.Store(z * Vector512.Create(Temperature), Z + at + i, count - i);
            }

            return 0;
        }
    }
}
