using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// The affine map of 16 elements; see <see cref="IBackend.AutoregressiveNormalize"/> for the formulae.
/// </summary>
internal static class AutoregressiveLanes
{
    /// <summary>(x - m) e^(-a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Normalize(Vector512<float> x, Vector512<float> mean, Vector512<float> logScale) =>
        (x - mean) * SimdMath.Exp(-logScale);

    /// <summary>y e^a + m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Denormalize(Vector512<float> y, Vector512<float> mean, Vector512<float> logScale) =>
        Vector512.FusedMultiplyAdd(y, SimdMath.Exp(logScale), mean);

    /// <summary>dx and da of dy; dm is -dx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Backward(
        Vector512<float> y,
        Vector512<float> logScale,
        Vector512<float> dy,
        Vector512<float> dLogDet,
        out Vector512<float> dLogScale)
    {
        dLogScale = -Vector512.FusedMultiplyAdd(dy, y, dLogDet);
        return dy * SimdMath.Exp(-logScale);
    }
}
