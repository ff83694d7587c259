using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// The affine map of 16 elements; see <see cref="IBackend.AutoregressiveNormalize"/> for the formulae.
/// </summary>
internal static class AutoregressiveLanes
{
    /// <summary>a of r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LogScale(Vector512<float> raw) => raw * Damping(raw);

    /// <summary>(x - m) e^(-a), and a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Normalize(
        Vector512<float> x, Vector512<float> mean, Vector512<float> raw, out Vector512<float> logScale)
    {
        logScale = LogScale(raw);
        return (x - mean) * SimdMath.Exp(-logScale);
    }

    /// <summary>y e^a + m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Denormalize(Vector512<float> y, Vector512<float> mean, Vector512<float> raw) =>
        Vector512.FusedMultiplyAdd(y, SimdMath.Exp(LogScale(raw)), mean);

    /// <summary>dx and dr of dy; dm is -dx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Backward(
        Vector512<float> y,
        Vector512<float> raw,
        Vector512<float> dy,
        Vector512<float> dLogDet,
        out Vector512<float> dRaw)
    {
        Vector512<float> damping = Damping(raw);
        dRaw = -Vector512.FusedMultiplyAdd(dy, y, dLogDet) * (damping * damping);
        return dy * SimdMath.Exp(-(raw * damping));
    }

    /// <summary>1 / (1 + |r|/c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Damping(Vector512<float> raw) => Vector512<float>.One
        / Vector512.FusedMultiplyAdd(
            Vector512.Abs(raw), Vector512.Create(AutoregressiveScale.InverseBound), Vector512<float>.One);
}
