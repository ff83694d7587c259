using System.Runtime.Intrinsics;

namespace FlowEngine.Compression;

/// <summary>Functions whose every bit is the same on every processor and runtime: what a decoder computes again.</summary>
/// <remarks>
/// Only additions, multiplications and divisions of doubles, which IEEE 754 rounds in one way and the compiler neither
/// fuses nor reorders; the functions of <see cref="Math"/> are those of the platform's library.
/// </remarks>
internal static class PortableMath
{
    // ln 2 in two parts; the first has 21 zero bits at its end, so that its product with an exponent is exact.
    private const double Ln2High = 0.69314718036912381649;
    private const double Ln2Low = 1.9082149292705877e-10;
    private const double LargestExponent = 700;
    private const int MantissaBits = 52;
    private const int ExponentBias = 1023;

    // Adding and subtracting it rounds to the nearest whole number, ties to even, below 2⁵¹.
    private const double Rounder = 1.5 * (1L << MantissaBits);

    /// <summary>1 / i! from i = 13 down to 0.</summary>
    private static readonly double[] _reciprocalFactorials = ReciprocalFactorials();

    /// <summary>The nearest whole numbers, ties to even.</summary>
    /// <param name="x">Below 2⁵¹ in magnitude.</param>
    internal static Vector512<double> Round(Vector512<double> x) =>
        x + Vector512.Create(Rounder) - Vector512.Create(Rounder);

    /// <inheritdoc cref="Round(Vector512{double})"/>
    internal static double Round(double x) => x + Rounder - Rounder;

    /// <summary>e^x, within a few units in the last place; arguments beyond ±700 count as ±700, NaN gives NaN.</summary>
    internal static Vector512<double> Exp(Vector512<double> x)
    {
        Vector512<double> bound = Vector512.Create(LargestExponent);
        Vector512<double> clamped = Vector512.Min(Vector512.Max(x, -bound), bound);
        Vector512<double> n = Round(clamped * Vector512.Create(1 / (Ln2High + Ln2Low)));
        Vector512<double> r = clamped - (n * Vector512.Create(Ln2High)) - (n * Vector512.Create(Ln2Low));

        // Taylor's series: |r| is at most ln 2 / 2, and r¹⁴ / 14! is below 2⁻⁵³.
        Vector512<double> sum = Vector512<double>.Zero;
        foreach (double coefficient in _reciprocalFactorials)
        {
            sum = (sum * r) + Vector512.Create(coefficient);
        }

        // n + 1023 is in the low bits of n + Rounder + 1023.
        Vector512<long> exponent = (n + Vector512.Create(Rounder + ExponentBias)).AsInt64() << MantissaBits;
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), sum * exponent.AsDouble(), x);
    }

    /// <inheritdoc cref="Exp(Vector512{double})"/>
    internal static double Exp(double x) => Exp(Vector512.Create(x)).ToScalar();

    /// <summary>ln x, within a few units in the last place of the larger of it and 1.</summary>
    /// <remarks>Halley's method: each round takes an error e to e³ / 12.</remarks>
    /// <param name="x">A positive number that is not subnormal.</param>
    internal static double Log(double x)
    {
        const int Rounds = 3;
        long bits = BitConverter.DoubleToInt64Bits(x);
        long exponent = (bits >> MantissaBits) - ExponentBias;
        double mantissa = BitConverter.Int64BitsToDouble(bits - (exponent << MantissaBits));

        // The chord of log2 from 1 to 2 is at most 0.09 off.
        double y = (exponent + (mantissa - 1)) * (Ln2High + Ln2Low);
        for (int i = 0; i < Rounds; i++)
        {
            double ratio = x * Exp(-y);
            y += 2 * (ratio - 1) / (ratio + 1);
        }

        return y;
    }

    /// <summary>sigmoid(x) = 1 / (1 + e^-x).</summary>
    internal static Vector512<double> Sigmoid(Vector512<double> x) =>
        Vector512<double>.One / (Vector512<double>.One + Exp(-x));

    /// <summary>The standard normal distribution function, Φ, for |x| up to 12.</summary>
    /// <remarks>
    /// Φ(x) = ½ + φ(x) Σ x^(2n+1) / (1·3·5 ··· (2n+1)): all terms have one sign, so nothing cancels.
    /// </remarks>
    internal static double NormalDistribution(double x)
    {
        const double InverseRootOfTwoPi = 0.39894228040143267794;
        double term = x;
        double sum = x;
        for (int n = 1; term * term > sum * sum * 1e-34; n++)
        {
            term *= x * x / ((2 * n) + 1);
            sum += term;
        }

        return 0.5 + (InverseRootOfTwoPi * Exp(-0.5 * x * x) * sum);
    }

    private static double[] ReciprocalFactorials()
    {
        const int Terms = 13;
        double[] values = new double[Terms + 1];
        double factorial = 1;
        for (int i = 0; i <= Terms; i++)
        {
            factorial *= Math.Max(1, i);
            values[Terms - i] = 1 / factorial;
        }

        return values;
    }
}
