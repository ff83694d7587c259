using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels;

/// <summary>The inverse hyperbolic sine: heavy tails become light, and what lies near 0 stays where it is.</summary>
/// <remarks>
/// <code>
/// Forward     y = s asinh(x / s);   ln f' = -½ ln(1 + (x/s)²) = -ln cosh(y/s)
/// Inverse     x = s sinh(y / s)
/// Backward    dx = (dy - dLogDet tanh(y/s) / s) / cosh(y/s)
/// </code>
/// All are computed of e = e^(-|y/s|), which cannot overflow: cosh = (1 + e²) / 2e and tanh = (1 - e²) / (1 + e²). In
/// float32 |x/s| is to be below 2⁶³.
/// </remarks>
/// <param name="scale">s, positive: where the slope begins to fall.</param>
public readonly struct AsinhMap(double scale) : IElementwiseMap
{
    private readonly float _scale = (float)scale;

    /// <inheritdoc/>
    public ElementwiseKernels Kernels =>
        new(AsinhKernels.ForwardKernel, AsinhKernels.InverseKernel, AsinhKernels.BackwardKernel);

    /// <inheritdoc/>
    public float Parameter => _scale;

    /// <inheritdoc/>
    public double ConstantLogSlope => 0;

    /// <inheritdoc/>
    public double Forward(double x, out double logSlope)
    {
        logSlope = -0.5 * Math.Log(1 + (x / scale * (x / scale)));
        return scale * Math.Asinh(x / scale);
    }

    /// <inheritdoc/>
    public double Inverse(double y) => scale * Math.Sinh(y / scale);

    /// <inheritdoc/>
    public double Backward(double y, double dy, double dLogDet) =>
        (dy - (dLogDet * Math.Tanh(y / scale) / scale)) / Math.Cosh(y / scale);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Forward(Vector512<float> x, out Vector512<float> logSlope)
    {
        Vector512<float> ratio = x / Scale;
        Vector512<float> root = Vector512.Sqrt(Vector512.FusedMultiplyAdd(ratio, ratio, Vector512<float>.One));
        Vector512<float> size = SimdMath.Log(Vector512.Abs(ratio) + root);
        logSlope = -SimdMath.Log(root);
        return Vector512.CopySign(size, ratio) * Scale;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Inverse(Vector512<float> y)
    {
        Vector512<float> ratio = y / Scale;
        Vector512<float> half = Vector512.Create(0.5f);
        return ((half * SimdMath.Exp(ratio)) - (half * SimdMath.Exp(-ratio))) * Scale;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Backward(Vector512<float> y, Vector512<float> dy, Vector512<float> dLogDet)
    {
        Vector512<float> ratio = y / Scale;
        Vector512<float> e = SimdMath.Exp(-Vector512.Abs(ratio));
        Vector512<float> square = e * e;
        Vector512<float> sum = Vector512<float>.One + square;
        Vector512<float> tanh = Vector512.CopySign((Vector512<float>.One - square) / sum, ratio);
        return (e + e) / sum * Vector512.FusedMultiplyAdd(-tanh / Scale, dLogDet, dy);
    }

    private Vector512<float> Scale => Vector512.Create(_scale);
}
