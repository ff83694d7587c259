using System.Runtime.Intrinsics;

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
}
