using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>A sum in 16 float64 lanes, added up at the end by a tree: lane l + 8, then l + 4, l + 2, l + 1.</summary>
internal unsafe struct LaneSum
{
    private Vector512<double> _lower;
    private Vector512<double> _upper;

    /// <summary>Adds two sums lane by lane.</summary>
    public static LaneSum operator +(LaneSum a, LaneSum b) =>
        new() { _lower = a._lower + b._lower, _upper = a._upper + b._upper };

    /// <summary>Reads 16 lanes.</summary>
    public static LaneSum Load(double* lanes) =>
        new() { _lower = Vector512.Load(lanes), _upper = Vector512.Load(lanes + (SimdMath.Width / 2)) };

    /// <summary>Writes 16 lanes.</summary>
    public readonly void Store(double* lanes)
    {
        _lower.Store(lanes);
        _upper.Store(lanes + (SimdMath.Width / 2));
    }

    /// <summary>Adds one vector, lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector512<float> value)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(value);
        _lower += lower;
        _upper += upper;
    }

    /// <summary>Adds the square of each lane; the square of a float is exact in float64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSquare(Vector512<float> value)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(value);
        _lower = Vector512.FusedMultiplyAdd(lower, lower, _lower);
        _upper = Vector512.FusedMultiplyAdd(upper, upper, _upper);
    }

    /// <summary>Adds the square of each lane's distance from a center.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddSquare(Vector512<float> value, LaneSum center)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(value);
        lower -= center._lower;
        upper -= center._upper;
        _lower = Vector512.FusedMultiplyAdd(lower, lower, _lower);
        _upper = Vector512.FusedMultiplyAdd(upper, upper, _upper);
    }

    /// <summary>A number divided by each lane.</summary>
    public readonly LaneSum Dividing(double dividend) =>
        new() { _lower = Vector512.Create(dividend) / _lower, _upper = Vector512.Create(dividend) / _upper };

    /// <summary>Each lane times that of a factor, plus a summand, rounded to float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector512<float> MultiplyAdd(LaneSum factor, double summand) => Vector512.Narrow(
        Vector512.FusedMultiplyAdd(_lower, factor._lower, Vector512.Create(summand)),
        Vector512.FusedMultiplyAdd(_upper, factor._upper, Vector512.Create(summand)));

    /// <summary>Each lane rounded to float.</summary>
    public readonly Vector512<float> ToSingle() => Vector512.Narrow(_lower, _upper);

    /// <summary>The sum of all lanes.</summary>
    public readonly double Total()
    {
        Vector512<double> eight = _lower + _upper;
        Vector256<double> four = eight.GetLower() + eight.GetUpper();
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two.ToScalar() + two.GetElement(1);
    }
}
