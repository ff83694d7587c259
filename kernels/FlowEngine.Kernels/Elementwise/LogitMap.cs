using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels;

/// <summary>Images scaled to [-½, ½) to the whole line (Dinh 2017, section 4.1).</summary>
/// <remarks>
/// p = α + (1 - 2α)(x + ½).
/// <code>
/// Forward     y = ln p - ln(1 - p);   ln f' = ln(1 - 2α) - ln p - ln(1 - p)
/// Inverse     x = (sigmoid(y) - α) / (1 - 2α) - ½
/// Backward    dx = (1 - 2α) / (p (1 - p)) · (dy + (2p - 1) dLogDet)
/// </code>
/// An x whose p is not between 0 and 1 has no density: y is 0 there and LogDet -infinity.
/// </remarks>
/// <param name="margin">α, between 0 and ½.</param>
public readonly struct LogitMap(double margin) : IElementwiseMap
{
    // What the loops need in every vector: nothing is left to compute there.
    private readonly float _margin = (float)margin;
    private readonly float _slope = 1 - (2 * (float)margin);

    /// <inheritdoc/>
    public ElementwiseKernels Kernels =>
        new(LogitKernels.ForwardKernel, LogitKernels.InverseKernel, LogitKernels.BackwardKernel);

    /// <inheritdoc/>
    public float Parameter => _margin;

    /// <inheritdoc/>
    public double ConstantLogSlope => Math.Log(1 - (2 * margin));

    /// <inheritdoc/>
    public double Forward(double x, out double logSlope)
    {
        double p = margin + ((1 - (2 * margin)) * (x + 0.5));
        bool isOutside = p <= 0 || p >= 1;
        logSlope = isOutside ? double.NegativeInfinity : Math.Log(1 - (2 * margin)) - Math.Log(p) - Math.Log(1 - p);
        return isOutside ? 0 : Math.Log(p) - Math.Log(1 - p);
    }

    /// <inheritdoc/>
    public double Inverse(double y) => ((Sigmoid(y) - margin) / (1 - (2 * margin))) - 0.5;

    /// <inheritdoc/>
    public double Backward(double y, double dy, double dLogDet)
    {
        (double p, double rest) = (Sigmoid(y), Sigmoid(-y));
        return (1 - (2 * margin)) / (p * rest) * (dy + ((p - rest) * dLogDet));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Forward(Vector512<float> x, out Vector512<float> logSlope)
    {
        // 1 - p by itself: near the upper end it keeps its digits.
        Vector512<float> half = Vector512.Create(0.5f);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Slope, x + half, Vector512.Create(_margin));
        Vector512<float> rest = Vector512.FusedMultiplyAdd(Slope, half - x, Vector512.Create(_margin));
        Vector512<float> logP = SimdMath.Log(p);
        Vector512<float> logRest = SimdMath.Log(rest);
        Vector512<float> outside = Vector512.LessThanOrEqual(p, Vector512<float>.Zero)
            | Vector512.LessThanOrEqual(rest, Vector512<float>.Zero);
        logSlope = Vector512.ConditionalSelect(
            outside, Vector512.Create(float.NegativeInfinity), -(logP + logRest));
        return Vector512.ConditionalSelect(outside, Vector512<float>.Zero, logP - logRest);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Inverse(Vector512<float> y) =>
        ((SimdMath.Sigmoid(y) - Vector512.Create(_margin)) / Slope) - Vector512.Create(0.5f);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Backward(Vector512<float> y, Vector512<float> dy, Vector512<float> dLogDet)
    {
        Vector512<float> p = SimdMath.SigmoidAndComplement(y, out Vector512<float> rest);
        return Slope / (p * rest) * Vector512.FusedMultiplyAdd(p - rest, dLogDet, dy);
    }

    private Vector512<float> Slope => Vector512.Create(_slope);

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
