using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The elementary functions, the same bits on every instruction set.</summary>
/// <remarks>
/// <para>
/// Each is a range reduction and a polynomial in one fixed order, written with operations that IEEE 754 defines to the
/// last bit: +, -, ·, /, comparisons, integer operations and explicit fused multiply-adds. Where the hardware has no
/// 16-lane vectors the runtime does the same lanes in parts.
/// </para>
/// <para>
/// The coefficients are least-squares fits in 160-bit arithmetic on 160 Chebyshev points, reweighted (Lawson) until the
/// largest relative error is smallest; they were rounded to float from the lowest order up, the higher ones fitted
/// again after each rounding. The errors quoted are those of the rounded polynomials; all of a function's error, with
/// its own rounding, is at most 1 unit in the last place for exp and log, 2 for log-sigmoid and 2.5 for the sigmoid.
/// </para>
/// </remarks>
internal static class SimdMath
{
    /// <summary>The lanes of a vector here, whatever the hardware's width.</summary>
    public const int Width = 16;

    // ln 2 in two parts; the first has 15 bits, so that its product with an exponent is exact.
    private const float Ln2High = 0.693145752f;
    private const float Ln2Low = 1.42860677e-06f;
    private const float Log2E = 1.44269502f;

    // 1.5 · 2²³: adding it rounds to an integer, which stands in the low bits of the sum.
    private const float Rounder = 12582912f;

    /// <summary>e^x. Overflows to +∞ above 88.72, goes through the subnormals to 0 below -103.97.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> q = ExpM1Reduced(x, out Vector512<int> exponent) + Vector512<float>.One;

        // 2^n in two factors: the first product is exact, the second rounds once, also to a subnormal.
        Vector512<int> half = Vector512.ShiftRightArithmetic(exponent, 1);
        return q * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>e^x - 1 for x up to 0, with full relative precision near it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpM1(Vector512<float> x)
    {
        // Below 2^-25 a power of two no longer changes the difference.
        x = Vector512.ConditionalSelect(
            Vector512.LessThan(x, Vector512.Create(-18f)), Vector512.Create(-18f), x);
        Vector512<float> q = ExpM1Reduced(x, out Vector512<int> exponent);
        Vector512<float> power = PowerOfTwo(exponent);
        return Vector512.FusedMultiplyAdd(q, power, power - Vector512<float>.One);
    }

    /// <summary>ln x; -∞ at 0, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        // A subnormal is scaled by 2²³ first.
        Vector512<float> subnormal = Vector512.LessThan(x, Vector512.Create(1.17549435e-38f));
        Vector512<int> bits = Vector512.ConditionalSelect(subnormal, x * Vector512.Create(8388608f), x).AsInt32();

        // x = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2): f is exact, so ln keeps its digits near 1.
        Vector512<int> root = Vector512.Create(0x3f3504f3);
        bits -= root;
        Vector512<int> exponent = Vector512.ShiftRightArithmetic(bits, 23)
            + (subnormal.AsInt32() & Vector512.Create(-23));
        Vector512<float> k = Vector512.ConvertToSingle(exponent);
        Vector512<float> f = ((bits & Vector512.Create(0x007fffff)) + root).AsSingle() - Vector512<float>.One;

        // ln(1 + f) = f - f²/2 + f³ q(f); relative error 2^-27.3.
        Vector512<float> q = Vector512.Create(-0.0763636231f);
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(0.12762183f));
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(-0.131596163f));
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(0.14201583f));
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(-0.166234091f));
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(0.200012416f));
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(-0.250008196f));
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(0.333333313f));
        q = Vector512.FusedMultiplyAdd(q, f, Vector512.Create(-0.5f));
        Vector512<float> tail = Vector512.FusedMultiplyAdd(k, Vector512.Create(Ln2Low), q * (f * f));
        Vector512<float> result = Vector512.FusedMultiplyAdd(k, Vector512.Create(Ln2High), f + tail);

        Vector512<float> infinity = Vector512.Create(float.PositiveInfinity);
        Vector512<float> zero = Vector512<float>.Zero;
        result = Vector512.ConditionalSelect(Vector512.Equals(x, infinity), infinity, result);
        result = Vector512.ConditionalSelect(Vector512.Equals(x, zero), -infinity, result);
        return Vector512.ConditionalSelect(
            Vector512.GreaterThanOrEqual(x, zero), result, Vector512.Create(float.NaN));
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        Vector512<float> e = Exp(-Vector512.Abs(x));
        return Select(x, Vector512<float>.One, e) / (Vector512<float>.One + e);
    }

    /// <summary>ln(1 / (1 + e^-x)) = min(x, 0) - ln(1 + e^-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LogSigmoid(Vector512<float> x) =>
        Select(x, Vector512<float>.Zero, x) - Log1PUnit(Exp(-Vector512.Abs(x)));

    /// <summary>The sigmoid and its logarithm, the same bits as the two functions apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x, out Vector512<float> logarithm)
    {
        Vector512<float> e = Exp(-Vector512.Abs(x));
        logarithm = Select(x, Vector512<float>.Zero, x) - Log1PUnit(e);
        return Select(x, Vector512<float>.One, e) / (Vector512<float>.One + e);
    }

    /// <summary>The sigmoid s and 1 - s, each with full relative precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SigmoidAndComplement(Vector512<float> x, out Vector512<float> complement)
    {
        Vector512<float> one = Vector512<float>.One;
        Vector512<float> e = Exp(-Vector512.Abs(x));
        Vector512<float> sum = one + e;
        complement = Select(x, e, one) / sum;
        return Select(x, one, e) / sum;
    }

    /// <summary>ln(1 + e) for e in [0, 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log1PUnit(Vector512<float> e)
    {
        // ln(1 + e) = e + e² q(e); relative error 2^-30.
        Vector512<float> q = Vector512.Create(0.00208487222f);
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(-0.0136932507f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(0.0421180353f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(-0.0832425132f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(0.124797612f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(-0.16135259f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(0.19899641f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(-0.249888659f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(0.333327144f));
        q = Vector512.FusedMultiplyAdd(q, e, Vector512.Create(-0.499999881f));
        return Vector512.FusedMultiplyAdd(q, e * e, e);
    }

    /// <summary>sin(2πu) and cos(2πu) for u in [0, 1], a multiple of 2⁻²⁴: then the reduction is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SinCosTurns(Vector512<float> u, out Vector512<float> cosine)
    {
        // u = quarter / 4 + r, |r| <= 1/8.
        Vector512<float> rounder = Vector512.Create(Rounder);
        Vector512<float> rounded = Vector512.FusedMultiplyAdd(u, Vector512.Create(4f), rounder);
        Vector512<int> quarter = rounded.AsInt32();
        Vector512<float> r = Vector512.FusedMultiplyAdd(rounded - rounder, Vector512.Create(-0.25f), u);
        Vector512<float> z = r * r;

        // sin(2πr) = r (2π + z s(z)), 2π in two parts; relative error 2^-27.9. cos(2πr) = 1 + z c(z); 2^-31.1.
        Vector512<float> s = Vector512.Create(-75.4319382f);
        s = Vector512.FusedMultiplyAdd(s, z, Vector512.Create(81.5934753f));
        s = Vector512.FusedMultiplyAdd(s, z, Vector512.Create(-41.341671f));
        s = Vector512.FusedMultiplyAdd(s, z, Vector512.Create(-1.74845553e-07f));
        s = Vector512.FusedMultiplyAdd(r, Vector512.Create(6.28318548f), r * s);
        Vector512<float> c = Vector512.Create(58.6113892f);
        c = Vector512.FusedMultiplyAdd(c, z, Vector512.Create(-85.4244156f));
        c = Vector512.FusedMultiplyAdd(c, z, Vector512.Create(64.9391479f));
        c = Vector512.FusedMultiplyAdd(c, z, Vector512.Create(-19.7392082f));
        c = Vector512.FusedMultiplyAdd(c, z, Vector512<float>.One);

        // An odd quarter swaps the two; the sine is negative in quarters 2 and 3, the cosine in 1 and 2.
        Vector512<int> one = Vector512<int>.One;
        Vector512<float> odd = Vector512.Equals(quarter & one, one).AsSingle();
        Vector512<int> sineSign = Vector512.ShiftLeft(quarter & Vector512.Create(2), 30);
        Vector512<int> cosineSign = Vector512.ShiftLeft((quarter + one) & Vector512.Create(2), 30);
        cosine = (Vector512.ConditionalSelect(odd, s, c).AsInt32() ^ cosineSign).AsSingle();
        return (Vector512.ConditionalSelect(odd, c, s).AsInt32() ^ sineSign).AsSingle();
    }

    /// <summary>e^x, the bits of a lane of <see cref="Exp(Vector512{float})"/>.</summary>
    public static float Exp(float x) => Exp(Vector512.Create(x)).ToScalar();

    /// <summary>ln x, the bits of a lane of <see cref="Log(Vector512{float})"/>.</summary>
    public static float Log(float x) => Log(Vector512.Create(x)).ToScalar();

    /// <summary>e^x in float64, for the factors that are computed once; within 2 units in the last place.</summary>
    public static double Exp(double x)
    {
        const double Ln2HighDouble = 0.693147180369123816490;
        const double Ln2LowDouble = 1.90821492927058770002e-10;
        if (!(x < 709.8))
        {
            return double.IsNaN(x) ? x : double.PositiveInfinity;
        }

        if (x < -745.2)
        {
            return 0;
        }

        double n = Math.Round(x * 1.44269504088896340736);
        double r = Math.FusedMultiplyAdd(n, -Ln2HighDouble, x);
        r = Math.FusedMultiplyAdd(n, -Ln2LowDouble, r);

        // The Taylor series: for |r| <= ln 2 / 2 its next term is below 2^-57. Divided out from the highest order, as
        // 1 + r (1 + r/2 (1 + r/3 (...))), it needs no table of factorials.
        double sum = 1;
        for (int k = 14; k >= 1; k--)
        {
            sum = Math.FusedMultiplyAdd(sum, r / k, 1);
        }

        int exponent = (int)n;
        int half = exponent >> 1;
        return sum * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>x^n by squaring, for the bias corrections of an optimizer.</summary>
    public static double Power(double x, long n)
    {
        double result = 1;
        for (; n > 0; n >>= 1)
        {
            if ((n & 1) != 0)
            {
                result *= x;
            }

            x *= x;
        }

        return result;
    }

    /// <summary>e^r - 1 and n, where x = n ln 2 + r and |r| is at most ln 2 / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ExpM1Reduced(Vector512<float> x, out Vector512<int> exponent)
    {
        // Beyond these e^x is ∞ or 0 anyway; inside, the exponent fits two factors. NaN passes.
        Vector512<float> high = Vector512.Create(89f);
        Vector512<float> low = Vector512.Create(-104f);
        x = Vector512.ConditionalSelect(Vector512.GreaterThan(x, high), high, x);
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, low), low, x);

        Vector512<float> rounder = Vector512.Create(Rounder);
        Vector512<float> rounded = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), rounder);
        Vector512<float> n = rounded - rounder;
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        exponent = rounded.AsInt32() - rounder.AsInt32();

        // e^r = 1 + r + r² q(r); relative error 2^-28.2.
        Vector512<float> q = Vector512.Create(0.00138210005f);
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.0083686728f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.0416682623f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.166665211f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.49999994f));
        return Vector512.FusedMultiplyAdd(q, r * r, r);
    }

    /// <summary>Per lane: a where x >= 0, else b, which a NaN takes too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Select(Vector512<float> x, Vector512<float> a, Vector512<float> b) =>
        Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(x, Vector512<float>.Zero), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> n) =>
        Vector512.ShiftLeft(n + Vector512.Create(127), 23).AsSingle();

    private static double PowerOfTwo(int n) => BitConverter.Int64BitsToDouble((long)(n + 1023) << 52);
}
