using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.LogisticLogProb"/>
    public void LogisticLogProb(ImageShape shape, BufferView z, BufferView logProb) =>
        SumRows(shape, new LogisticDensity { Z = Pointer(z, shape.Length) }, 1, 0, logProb);

    /// <inheritdoc cref="IBackend.LogisticBackward"/>
    public void LogisticBackward(ImageShape shape, BufferView z, BufferView dLogProb, BufferView dz) =>
        MapRows(shape, new LogisticGradient
        {
            Z = Pointer(z, shape.Length),
            DLogProb = Pointer(dLogProb, shape.Batch),
            Dz = Pointer(dz, shape.Length),
        });

    /// <inheritdoc cref="IBackend.LogisticSample"/>
    public void LogisticSample(ImageShape shape, BufferView uniform, double temperature, BufferView z) =>
        MapRows(shape, new LogisticQuantile
        {
            Uniform = Pointer(uniform, shape.Length),
            Temperature = (float)temperature,
            Z = Pointer(z, shape.Length),
        });

    private struct LogisticDensity : IRowOperation
    {
        public float* Z;

        public static bool HasSum => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            // ln σ(z) + ln σ(-z) = -|z| + 2 ln σ(|z|).
            Vector512<float> size = Vector512.Abs(at.Load(Z));
            SimdMath.Sigmoid(size, out Vector512<float> logSigmoid);
            return (logSigmoid + logSigmoid) - size;
        }
    }

    private struct LogisticGradient : IRowOperation
    {
        public float* Z;
        public float* DLogProb;
        public float* Dz;

        public static bool HasSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            // tanh(z / 2) = σ(z) - σ(-z).
            Vector512<float> sigmoid = SimdMath.SigmoidAndComplement(at.Load(Z), out Vector512<float> complement);
            at.Store(at.OfImage(DLogProb) * (complement - sigmoid), Dz);
            return default;
        }
    }

    private struct LogisticQuantile : IRowOperation
    {
        public float* Uniform;
        public float Temperature;
        public float* Z;

        public static bool HasSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            Vector512<float> half = Vector512.Create(1f / (1 << 25));
            Vector512<float> u = at.Load(Uniform);
            Vector512<float> z = SimdMath.Log(u + half) - SimdMath.Log((Vector512<float>.One - u) - half);
            at.Store(z * Vector512.Create(Temperature), Z);
            return default;
        }
    }
}
