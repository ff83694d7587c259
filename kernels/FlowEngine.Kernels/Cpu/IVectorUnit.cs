using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace FlowEngine.Kernels.Cpu;

/// <summary>One width of vector registers, so that a product is written once for all of them.</summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface IVectorUnit<TVector>
    where TVector : struct
{
    /// <summary>Floats in a register.</summary>
    static abstract int Lanes { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* target);

    static abstract TVector Broadcast(float* source);

    static abstract TVector Add(TVector left, TVector right);

    /// <summary>left · right + sum, rounded once, on hardware without such an instruction too.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector sum);

    /// <summary>value, and 0 where it is negative; NaN stays NaN, so that a failure is seen at the loss.</summary>
    static abstract TVector Rectify(TVector value);

    /// <summary>value where gate is positive, else 0.</summary>
    static abstract TVector Gate(TVector value, TVector gate);

    /// <summary>Four floats of each fourth row, as many rows as make a register.</summary>
    /// <param name="at">The first row's.</param>
    /// <param name="stride">From one row to the next, of which three are left out.</param>
    static abstract TVector LoadFours(float* at, nint stride);

    /// <summary>a0 b0 a1 b1 of each four.</summary>
    static abstract TVector UnpackLow(TVector a, TVector b);

    /// <summary>a2 b2 a3 b3 of each four.</summary>
    static abstract TVector UnpackHigh(TVector a, TVector b);

    /// <summary>a0 a1 b0 b1 of each four.</summary>
    static abstract TVector UnpackLowPairs(TVector a, TVector b);

    /// <summary>a2 a3 b2 b3 of each four.</summary>
    static abstract TVector UnpackHighPairs(TVector a, TVector b);
}

internal readonly unsafe struct VectorUnit512 : IVectorUnit<Vector512<float>>
{
    public static int Lanes => Vector512<float>.Count;

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    public static void Store(Vector512<float> value, float* target) => value.Store(target);

    public static Vector512<float> Broadcast(float* source) => Vector512.Create(*source);

    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> sum) =>
        Vector512.FusedMultiplyAdd(left, right, sum);

    public static Vector512<float> Rectify(Vector512<float> value) =>
        Vector512.ConditionalSelect(
            Vector512.LessThan(value, Vector512<float>.Zero), Vector512<float>.Zero, value);

    public static Vector512<float> Gate(Vector512<float> value, Vector512<float> gate) =>
        Vector512.ConditionalSelect(
            Vector512.GreaterThan(gate, Vector512<float>.Zero), value, Vector512<float>.Zero);

    public static Vector512<float> LoadFours(float* at, nint stride) =>
        Vector512.Create(VectorUnit256.LoadFours(at, stride), VectorUnit256.LoadFours(at + (8 * stride), stride));

    public static Vector512<float> UnpackLow(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackLow(a, b);

    public static Vector512<float> UnpackHigh(Vector512<float> a, Vector512<float> b) => Avx512F.UnpackHigh(a, b);

    public static Vector512<float> UnpackLowPairs(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    public static Vector512<float> UnpackHighPairs(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}

internal readonly unsafe struct VectorUnit256 : IVectorUnit<Vector256<float>>
{
    public static int Lanes => Vector256<float>.Count;

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    public static void Store(Vector256<float> value, float* target) => value.Store(target);

    public static Vector256<float> Broadcast(float* source) => Vector256.Create(*source);

    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> sum) =>
        Vector256.FusedMultiplyAdd(left, right, sum);

    public static Vector256<float> Rectify(Vector256<float> value) =>
        Vector256.ConditionalSelect(
            Vector256.LessThan(value, Vector256<float>.Zero), Vector256<float>.Zero, value);

    public static Vector256<float> Gate(Vector256<float> value, Vector256<float> gate) =>
        Vector256.ConditionalSelect(
            Vector256.GreaterThan(gate, Vector256<float>.Zero), value, Vector256<float>.Zero);

    public static Vector256<float> LoadFours(float* at, nint stride) =>
        Vector256.Create(Vector128.Load(at), Vector128.Load(at + (4 * stride)));

    public static Vector256<float> UnpackLow(Vector256<float> a, Vector256<float> b) => Avx.UnpackLow(a, b);

    public static Vector256<float> UnpackHigh(Vector256<float> a, Vector256<float> b) => Avx.UnpackHigh(a, b);

    public static Vector256<float> UnpackLowPairs(Vector256<float> a, Vector256<float> b) =>
        Avx.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle();

    public static Vector256<float> UnpackHighPairs(Vector256<float> a, Vector256<float> b) =>
        Avx.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();
}

internal readonly unsafe struct VectorUnit128 : IVectorUnit<Vector128<float>>
{
    public static int Lanes => Vector128<float>.Count;

    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    public static void Store(Vector128<float> value, float* target) => value.Store(target);

    public static Vector128<float> Broadcast(float* source) => Vector128.Create(*source);

    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> sum) =>
        Vector128.FusedMultiplyAdd(left, right, sum);

    public static Vector128<float> Rectify(Vector128<float> value) =>
        Vector128.ConditionalSelect(
            Vector128.LessThan(value, Vector128<float>.Zero), Vector128<float>.Zero, value);

    public static Vector128<float> Gate(Vector128<float> value, Vector128<float> gate) =>
        Vector128.ConditionalSelect(
            Vector128.GreaterThan(gate, Vector128<float>.Zero), value, Vector128<float>.Zero);

    public static Vector128<float> LoadFours(float* at, nint stride) => Vector128.Load(at);

    public static Vector128<float> UnpackLow(Vector128<float> a, Vector128<float> b)
    {
        if (Sse.IsSupported)
        {
            return Sse.UnpackLow(a, b);
        }

        return AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);
    }

    public static Vector128<float> UnpackHigh(Vector128<float> a, Vector128<float> b)
    {
        if (Sse.IsSupported)
        {
            return Sse.UnpackHigh(a, b);
        }

        return AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);
    }

    public static Vector128<float> UnpackLowPairs(Vector128<float> a, Vector128<float> b) =>
        Vector128.Create(a.GetLower(), b.GetLower());

    public static Vector128<float> UnpackHighPairs(Vector128<float> a, Vector128<float> b) =>
        Vector128.Create(a.GetUpper(), b.GetUpper());
}
