using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.AutoregressiveNormalize"/>
    public void AutoregressiveNormalize(
        ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet) =>
        SumRows(
            shape,
            new NormalizeRow
            {
                X = Pointer(x, shape.Length),
                Output = Pointer(output, 2 * shape.Length),
                Y = Pointer(y, shape.Length),
            },
            -1,
            0,
            logDet);

    /// <inheritdoc cref="IBackend.AutoregressiveDenormalize"/>
    public void AutoregressiveDenormalize(ImageShape shape, BufferView y, BufferView output, BufferView x) =>
        MapRows(shape, new DenormalizeRow
        {
            Y = Pointer(y, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            X = Pointer(x, shape.Length),
        });

    /// <inheritdoc cref="IBackend.AutoregressiveBackward"/>
    public void AutoregressiveBackward(
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput) =>
        MapRows(shape, new NormalizeGradient
        {
            Y = Pointer(y, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Dy = Pointer(dy, shape.Length),
            DLogDet = Pointer(dLogDet, shape.Batch),
            Dx = Pointer(dx, shape.Length),
            DOutput = Pointer(dOutput, 2 * shape.Length),
        });

    private struct NormalizeRow : IRowOperation
    {
        public float* X;
        public float* Output;
        public float* Y;

        public static bool HasSum => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            at.LoadPairs(Output, out Vector512<float> mean, out Vector512<float> raw);
            at.Store(AutoregressiveLanes.Normalize(at.Load(X), mean, raw, out Vector512<float> logScale), Y);
            return logScale;
        }
    }

    private struct DenormalizeRow : IRowOperation
    {
        public float* Y;
        public float* Output;
        public float* X;

        public static bool HasSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            at.LoadPairs(Output, out Vector512<float> mean, out Vector512<float> raw);
            at.Store(AutoregressiveLanes.Denormalize(at.Load(Y), mean, raw), X);
            return default;
        }
    }

    private struct NormalizeGradient : IRowOperation
    {
        public float* Y;
        public float* Output;
        public float* Dy;
        public float* DLogDet;
        public float* Dx;
        public float* DOutput;

        public static bool HasSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            at.LoadPairs(Output, out _, out Vector512<float> raw);
            Vector512<float> dx = AutoregressiveLanes.Backward(
                at.Load(Y), raw, at.Load(Dy), at.OfImage(DLogDet), out Vector512<float> dRaw);
            at.Store(dx, Dx);
            at.StorePairs(-dx, dRaw, DOutput);
            return default;
        }
    }
}
