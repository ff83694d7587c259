using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.UniformLogProb"/>
    public void UniformLogProb(ImageShape shape, BufferView z, BufferView bounds, BufferView logProb) =>
        SumRows(shape, new BoxDensity { Z = Pointer(z, shape.Length), Sides = new BoxSides(bounds, shape) }, -1, 0, logProb);

    /// <inheritdoc cref="IBackend.UniformSample"/>
    public void UniformSample(ImageShape shape, BufferView uniform, BufferView bounds, double temperature, BufferView z) =>
        MapRows(shape, new BoxQuantile
        {
            Uniform = Pointer(uniform, shape.Length),
            Sides = new BoxSides(bounds, shape),
            Temperature = (float)temperature,
            Z = Pointer(z, shape.Length),
        });

    private readonly struct BoxSides(BufferView bounds, ImageShape shape)
    {
        private readonly float* _bounds = Pointer(bounds, 2L * shape.Dims);
        private readonly int _dims = shape.Dims;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Load(RowLanes at, out Vector512<float> least, out Vector512<float> most)
        {
            least = at.LoadOfRow(_bounds, _dims);
            most = at.LoadOfRow(_bounds + _dims, _dims);
        }
    }

    private struct BoxDensity : IRowOperation
    {
        public float* Z;
        public BoxSides Sides;

        public static bool HasSum => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            Vector512<float> z = at.Load(Z);
            Sides.Load(at, out Vector512<float> least, out Vector512<float> most);
            Vector512<float> isInside = Vector512.GreaterThanOrEqual(z, least) & Vector512.LessThanOrEqual(z, most);
            Vector512<float> beside = Vector512.ConditionalSelect(
                Vector512.Equals(z, z), Vector512.Create(float.PositiveInfinity), z);
            return Vector512.ConditionalSelect(isInside, SimdMath.Log(most - least), beside);
        }
    }

    private struct BoxQuantile : IRowOperation
    {
        public float* Uniform;
        public BoxSides Sides;
        public float Temperature;
        public float* Z;

        public static bool HasSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(RowLanes at)
        {
            Vector512<float> half = Vector512.Create(0.5f);
            Sides.Load(at, out Vector512<float> least, out Vector512<float> most);
            Vector512<float> place = Vector512.FusedMultiplyAdd(
                Vector512.Create(Temperature), at.Load(Uniform) - half, half);
            at.Store(Vector512.FusedMultiplyAdd(most - least, place, least), Z);
            return default;
        }
    }
}
