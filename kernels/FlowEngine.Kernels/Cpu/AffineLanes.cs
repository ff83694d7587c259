using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Sixteen scales and shifts at once; the formulae stand at <see cref="MonotonicAffine"/>.</summary>
internal readonly unsafe struct AffineLanes(MonotonicAffine affine) : IMonotonicLanes
{
    private readonly AffineNumbers _numbers = affine.Numbers;

    public int ScratchLength => 0;

    private bool IsCentered => _numbers.IsCentered != 0;

    private static Vector512<float> One => Vector512<float>.One;

    public Vector512<float> Forward(float* raw, float* scratch, Vector512<float> x, out Vector512<float> logSlope)
    {
        Vector512<float> shift = Vector512.Load(raw);
        Vector512<float> scale = Scale(raw, out logSlope, out _);
        return IsCentered ? scale * (x - shift) : Vector512.FusedMultiplyAdd(scale, x, shift);
    }

    public Vector512<float> Inverse(float* raw, float* scratch, Vector512<float> y)
    {
        Vector512<float> shift = Vector512.Load(raw);
        Vector512<float> scale = Scale(raw, out _, out _);
        return IsCentered ? (y / scale) + shift : (y - shift) / scale;
    }

    public Vector512<float> Backward(
        float* raw, float* scratch, Vector512<float> x, Vector512<float> dy, Vector512<float> dLogDet, float* dRaw)
    {
        Vector512<float> scale = Scale(raw, out _, out Vector512<float> slope);
        Vector512<float> dx = scale * dy;
        Vector512<float> source = IsCentered ? x - Vector512.Load(raw) : x;
        (IsCentered ? -dx : dy).Store(dRaw);
        (Vector512.FusedMultiplyAdd(dx, source, dLogDet) * slope).Store(dRaw + SimdMath.Width);
        return dx;
    }

    // e^a, a and da/dr of r.
    private Vector512<float> Scale(float* raws, out Vector512<float> logScale, out Vector512<float> slope)
    {
        Vector512<float> raw = Vector512.Load(raws + SimdMath.Width);
        if (_numbers.Scale == AffineNumbers.Exponential)
        {
            Vector512<float> sign = Vector512.Create(_numbers.Sign);
            Vector512<float> sum = Vector512.FusedMultiplyAdd(Vector512.Abs(raw), Vector512.Create(_numbers.Bend), One);
            logScale = sign * raw / sum;
            slope = sign / (sum * sum);
            return SimdMath.Exp(logScale);
        }

        Vector512<float> least = Vector512.Create(_numbers.Least);
        Vector512<float> scale;
        if (_numbers.Scale == AffineNumbers.Sigmoid)
        {
            Vector512<float> part = SimdMath.SigmoidAndComplement(raw + Vector512.Create(2f), out Vector512<float> rest);
            scale = least + part;
            slope = part * rest / scale;
        }
        else
        {
            scale = least - SimdMath.LogSigmoid(-raw);
            slope = SimdMath.Sigmoid(raw) / scale;
        }

        logScale = SimdMath.Log(scale);
        return scale;
    }
}
