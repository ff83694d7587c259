using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Kernels.Device;

/// <summary>The mathematics of kernels.</summary>
/// <remarks>
/// The compilers of the device may not fuse or reorder: a product is fused into a sum only by <see cref="Fma(float,
/// float, float)"/>. The elementary functions are those of the CPU backend, in the same order, so that all runners and
/// the CPU give the same bits.
/// </remarks>
public static class XMath
{
    /// <summary>The absolute value.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("ABS_F32")]
    public static float Abs(float value) =>
        MathF.Abs(value);

    /// <summary>The absolute value.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("ABS_I32")]
    public static int Abs(int value) =>
        value < 0 ? -value : value;

    /// <summary>The lesser: <c>left &lt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MIN_F32")]
    public static float Min(float left, float right) =>
        left < right ? left : right;

    /// <summary>The greater: <c>left &gt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MAX_F32")]
    public static float Max(float left, float right) =>
        left > right ? left : right;

    /// <summary>The lesser: <c>left &lt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MIN_I32")]
    public static int Min(int left, int right) =>
        left < right ? left : right;

    /// <summary>The greater: <c>left &gt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MAX_I32")]
    public static int Max(int left, int right) =>
        left > right ? left : right;

    /// <summary>The lesser: <c>left &lt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MIN_U32")]
    public static uint Min(uint left, uint right) =>
        left < right ? left : right;

    /// <summary>The greater: <c>left &gt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MAX_U32")]
    public static uint Max(uint left, uint right) =>
        left > right ? left : right;

    /// <summary>The lesser: <c>left &lt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MIN_I64")]
    public static long Min(long left, long right) =>
        left < right ? left : right;

    /// <summary>The greater: <c>left &gt; right ? left : right</c>.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    [Intrinsic("MAX_I64")]
    public static long Max(long left, long right) =>
        left > right ? left : right;

    /// <summary>The greatest integer not above.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("FLOOR_F32")]
    public static float Floor(float value) =>
        MathF.Floor(value);

    /// <summary>The square root, rounded to nearest.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("SQRT_F32")]
    public static float Sqrt(float value) =>
        MathF.Sqrt(value);

    /// <summary><c>left · right + addend</c>, rounded once.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    /// <param name="addend">A number.</param>
    [Intrinsic("FMA_F32")]
    public static float Fma(float left, float right, float addend) =>
        MathF.FusedMultiplyAdd(left, right, addend);

    /// <summary><c>left · right + addend</c> element by element, each rounded once.</summary>
    /// <param name="left">Four numbers.</param>
    /// <param name="right">Four numbers.</param>
    /// <param name="addend">Four numbers.</param>
    [Intrinsic("FMA_F4")]
    public static Float4 Fma(Float4 left, Float4 right, Float4 addend) =>
        new(
            Fma(left.X, right.X, addend.X),
            Fma(left.Y, right.Y, addend.Y),
            Fma(left.Z, right.Z, addend.Z),
            Fma(left.W, right.W, addend.W));

    /// <summary>The bits of a float32.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("BITS_F2U")]
    public static uint AsUInt32(float value) =>
        BitConverter.SingleToUInt32Bits(value);

    /// <summary>The float32 of these bits.</summary>
    /// <param name="bits">The bits.</param>
    [Intrinsic("BITS_U2F")]
    public static float AsSingle(uint bits) =>
        BitConverter.UInt32BitsToSingle(bits);

    /// <summary>e^value; at most 1 unit in the last place off.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("EXP_F32")]
    public static float Exp(float value) =>
        SimdMath.Exp(Vector512.CreateScalar(value)).ToScalar();

    /// <summary>ln value; at most 1 unit in the last place off.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("LOG_F32")]
    public static float Log(float value) =>
        SimdMath.Log(Vector512.CreateScalar(value)).ToScalar();

    /// <summary>1 / (1 + e^-value); at most 2.5 units in the last place off.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("SIGMOID_F32")]
    public static float Sigmoid(float value) =>
        SimdMath.Sigmoid(Vector512.CreateScalar(value)).ToScalar();

    /// <summary>ln(1 / (1 + e^-value)); at most 2 units in the last place off.</summary>
    /// <param name="value">A number.</param>
    [Intrinsic("LOG_SIGMOID_F32")]
    public static float LogSigmoid(float value) =>
        SimdMath.LogSigmoid(Vector512.CreateScalar(value)).ToScalar();

    /// <summary>cos(2π · turns) for turns in [0, 1], a multiple of 2⁻²⁴.</summary>
    /// <param name="turns">The angle in turns.</param>
    [Intrinsic("COS_TURNS_F32")]
    public static float CosTurns(float turns)
    {
        SimdMath.SinCosTurns(Vector512.CreateScalar(turns), out Vector512<float> cosine);
        return cosine.ToScalar();
    }

    /// <summary>sin(2π · turns) for turns in [0, 1], a multiple of 2⁻²⁴.</summary>
    /// <param name="turns">The angle in turns.</param>
    [Intrinsic("SIN_TURNS_F32")]
    public static float SinTurns(float turns) =>
        SimdMath.SinCosTurns(Vector512.CreateScalar(turns), out _).ToScalar();
}
