using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.ElementwiseForward"/>
    public void ElementwiseForward(
        ElementwiseMap map, ImageShape shape, BufferView x, BufferView y, BufferView logDet) =>
        map.Forward(this, shape, x, y, logDet);

    /// <inheritdoc cref="IBackend.ElementwiseInverse"/>
    public void ElementwiseInverse(ElementwiseMap map, ImageShape shape, BufferView y, BufferView x) =>
        map.Inverse(this, shape, y, x);

    /// <inheritdoc cref="IBackend.ElementwiseBackward"/>
    public void ElementwiseBackward(
        ElementwiseMap map, ImageShape shape, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx) =>
        map.Backward(this, shape, y, dy, dLogDet, dx);

    internal void ForwardOf<TMap>(TMap map, ImageShape shape, BufferView x, BufferView y, BufferView logDet)
        where TMap : struct, IElementwiseMap =>
        SumRows(
            shape,
            new MapForward<TMap> { Map = map, X = Pointer(x, shape.Length), Y = Pointer(y, shape.Length) },
            1,
            shape.Dims * map.ConstantLogSlope,
            logDet);

    internal void InverseOf<TMap>(TMap map, ImageShape shape, BufferView y, BufferView x)
        where TMap : struct, IElementwiseMap =>
        MapRows(
            shape, new MapInverse<TMap> { Map = map, Y = Pointer(y, shape.Length), X = Pointer(x, shape.Length) });

    internal void BackwardOf<TMap>(
        TMap map, ImageShape shape, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx)
        where TMap : struct, IElementwiseMap =>
        MapRows(shape, new MapBackward<TMap>
        {
            Map = map,
            Y = Pointer(y, shape.Length),
            Dy = Pointer(dy, shape.Length),
            DLogDet = Pointer(dLogDet, shape.Batch),
            Dx = Pointer(dx, shape.Length),
        });

    private struct MapForward<TMap> : IRowOperation
        where TMap : struct, IElementwiseMap
    {
        public TMap Map;
        public float* X;
        public float* Y;

        public static bool HasSum => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Invoke(RowLanes at)
        {
            at.Store(Map.Forward(at.Load(X), out Vector512<float> logSlope), Y);
            return logSlope;
        }
    }

    private struct MapInverse<TMap> : IRowOperation
        where TMap : struct, IElementwiseMap
    {
        public TMap Map;
        public float* Y;
        public float* X;

        public static bool HasSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Invoke(RowLanes at)
        {
            at.Store(Map.Inverse(at.Load(Y)), X);
            return default;
        }
    }

    private struct MapBackward<TMap> : IRowOperation
        where TMap : struct, IElementwiseMap
    {
        public TMap Map;
        public float* Y;
        public float* Dy;
        public float* DLogDet;
        public float* Dx;

        public static bool HasSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Invoke(RowLanes at)
        {
            at.Store(Map.Backward(at.Load(Y), at.Load(Dy), at.OfImage(DLogDet)), Dx);
            return default;
        }
    }
}
