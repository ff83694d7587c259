namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's mathematics by ILGPU's functions: its approximations, and its rounding of sums of products.</summary>
internal static class XMath
{
    private const float Turn = 2 * MathF.PI;

    public static float Abs(float value) => MathF.Abs(value);

    public static float Min(float left, float right) => left < right ? left : right;

    public static float Max(float left, float right) => left > right ? left : right;

    public static int Min(int left, int right) => left < right ? left : right;

    public static int Max(int left, int right) => left > right ? left : right;

    public static long Min(long left, long right) => left < right ? left : right;

    public static float Sqrt(float value) => MathF.Sqrt(value);

    // ILGPU compiles a call of MathF.FusedMultiplyAdd to one of a function that is nowhere defined.
    public static float Fma(float left, float right, float addend) => (left * right) + addend;

    public static Float4 Fma(Float4 left, Float4 right, Float4 addend) => (left * right) + addend;

    public static uint AsUInt32(float value) => ILGPU.Interop.FloatAsInt(value);

    public static float AsSingle(uint bits) => ILGPU.Interop.IntAsFloat(bits);

    public static float Exp(float value) => MathF.Exp(value);

    public static float Log(float value) => MathF.Log(value);

    public static float Sigmoid(float value) => 1 / (1 + MathF.Exp(-value));

    public static float LogSigmoid(float value) => Min(value, 0) - MathF.Log(1 + MathF.Exp(-Abs(value)));

    public static float CosTurns(float turns) => MathF.Cos(Turn * turns);

    public static float SinTurns(float turns) => MathF.Sin(Turn * turns);
}
