using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The affine coupling of 16 elements; see <see cref="IBackend.CouplingForward"/> for the formulae.</summary>
/// <remarks>
/// Used by the coupling alone and by the pixel stage, which are equal bit for bit. LogDet of an image: pixel p of a
/// chunk (<see cref="ImageChunks.OfPixels"/>) adds to lane p mod 16 of a <see cref="LaneSum"/>, block after block of 16
/// pixels and channel after channel within a block; lanes beyond the last pixel add 0. The chunks' totals are added in
/// order.
/// </remarks>
internal static class CouplingLanes
{
    /// <summary>y₂ and ln s.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Forward(
        Vector512<float> raw, Vector512<float> shift, Vector512<float> x, out Vector512<float> logScale) =>
        SimdMath.Sigmoid(raw + Vector512.Create(2f), out logScale) * (x + shift);

    /// <summary>x₂.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Inverse(Vector512<float> raw, Vector512<float> shift, Vector512<float> y) =>
        (y / SimdMath.Sigmoid(raw + Vector512.Create(2f))) - shift;

    /// <summary>dx₂ = dt, and dr.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Backward(
        Vector512<float> raw,
        Vector512<float> y,
        Vector512<float> dy,
        Vector512<float> dLogDet,
        out Vector512<float> dRaw)
    {
        Vector512<float> scale = SimdMath.SigmoidAndComplement(
            raw + Vector512.Create(2f), out Vector512<float> complement);
        dRaw = complement * Vector512.FusedMultiplyAdd(dy, y, dLogDet);
        return scale * dy;
    }
}
