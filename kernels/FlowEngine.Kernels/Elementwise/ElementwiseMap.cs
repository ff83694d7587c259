using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Kernels;

/// <summary>An elementwise map as backends take it: for any <see cref="IElementwiseMap"/>, without knowing its type.</summary>
public abstract class ElementwiseMap
{
    private protected ElementwiseMap()
    {
    }

    /// <summary>The map itself.</summary>
    public abstract IElementwiseMap Formulae { get; }

    internal abstract ElementwiseKernels Kernels { get; }

    internal abstract float Parameter { get; }

    /// <summary>Makes one.</summary>
    /// <typeparam name="TMap">The type of the map: the CPU's loops are compiled for it.</typeparam>
    /// <param name="map">The map.</param>
    public static ElementwiseMap Of<TMap>(TMap map)
        where TMap : struct, IElementwiseMap => new Typed<TMap>(map);

    internal abstract double Forward(double x, out double logSlope);

    internal abstract double Inverse(double y);

    internal abstract double Backward(double y, double dy, double dLogDet);

    internal abstract void Forward(CpuBackend cpu, ImageShape shape, BufferView x, BufferView y, BufferView logDet);

    internal abstract void Inverse(CpuBackend cpu, ImageShape shape, BufferView y, BufferView x);

    internal abstract void Backward(
        CpuBackend cpu, ImageShape shape, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx);

    private sealed class Typed<TMap>(TMap map) : ElementwiseMap
        where TMap : struct, IElementwiseMap
    {
        public override IElementwiseMap Formulae => map;

        internal override ElementwiseKernels Kernels => map.Kernels;

        internal override float Parameter => map.Parameter;

        internal override double Forward(double x, out double logSlope) => map.Forward(x, out logSlope);

        internal override double Inverse(double y) => map.Inverse(y);

        internal override double Backward(double y, double dy, double dLogDet) => map.Backward(y, dy, dLogDet);

        internal override void Forward(
            CpuBackend cpu, ImageShape shape, BufferView x, BufferView y, BufferView logDet) =>
            cpu.ForwardOf(map, shape, x, y, logDet);

        internal override void Inverse(CpuBackend cpu, ImageShape shape, BufferView y, BufferView x) =>
            cpu.InverseOf(map, shape, y, x);

        internal override void Backward(
            CpuBackend cpu, ImageShape shape, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx) =>
            cpu.BackwardOf(map, shape, y, dy, dLogDet, dx);
    }
}
