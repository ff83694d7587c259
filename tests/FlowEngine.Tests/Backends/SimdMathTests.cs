using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Cpu;
using Xunit;

namespace FlowEngine.Tests.Backends;

public class SimdMathTests
{
    private delegate Vector512<float> Function(Vector512<float> x);

    [Fact]
    public void Exp_is_within_1_ulp()
    {
        double error = WorstError(SimdMath.Exp, Math.Exp, -104, 88.8f, 4_001);
        Assert.True(error <= 1, $"{error} ulp");
    }

    [Fact]
    public void Log_is_within_1_ulp_for_all_positive_numbers()
    {
        double error = WorstError(SimdMath.Log, Math.Log, 1e-45f, float.MaxValue, 1_511);
        double nearOne = WorstError(SimdMath.Log, Math.Log, 0.9f, 1.1f, 7);
        Assert.True(error <= 1, $"{error} ulp");
        Assert.True(nearOne <= 1, $"{nearOne} ulp near 1");
    }

    [Fact]
    public void Sigmoid_is_within_2_and_a_half_ulp()
    {
        double error = WorstError(SimdMath.Sigmoid, Sigmoid, -104, 104, 4_001);
        Assert.True(error <= 2.5, $"{error} ulp");
    }

    [Fact]
    public void LogSigmoid_is_within_2_ulp()
    {
        double error = WorstError(SimdMath.LogSigmoid, LogSigmoid, -200, 104, 4_001);
        Assert.True(error <= 2, $"{error} ulp");
    }

    [Fact]
    public void The_complement_of_the_sigmoid_is_within_2_and_a_half_ulp()
    {
        double error = WorstError(Complement, x => Sigmoid(-x), -104, 104, 4_001);
        Assert.True(error <= 2.5, $"{error} ulp");

        static Vector512<float> Complement(Vector512<float> x)
        {
            _ = SimdMath.SigmoidAndComplement(x, out Vector512<float> complement);
            return complement;
        }
    }

    [Fact]
    public void Log1p_is_within_1_and_a_quarter_ulp()
    {
        double error = WorstError(SimdMath.Log1PUnit, Log1P, 0, 1, 4_001);
        Assert.True(error <= 1.25, $"{error} ulp");
    }

    [Fact]
    public void Sine_and_cosine_of_turns_are_within_2_ulp()
    {
        double worst = 0;
        for (int i = 0; i < 1 << 24; i += 11)
        {
            float u = i * (1f / (1 << 24));
            float sine = SimdMath.SinCosTurns(Vector512.Create(u), out Vector512<float> cosine).ToScalar();
            // Quarter turns are taken out before Math.Sin sees the angle, which rounds 2π.
            double quarter = Math.Round(u * 4);
            double angle = (u - (quarter / 4)) * 2 * Math.PI;
            (double s, double c) = Math.SinCos(angle);
            (double expectedSine, double expectedCosine) = ((int)quarter & 3) switch
            {
                0 => (s, c),
                1 => (c, -s),
                2 => (-s, -c),
                _ => (-c, s),
            };
            worst = Math.Max(worst, Math.Max(Ulps(sine, expectedSine), Ulps(cosine.ToScalar(), expectedCosine)));
        }

        Assert.True(worst <= 2, $"{worst} ulp");
    }

    [Fact]
    public void Special_values()
    {
        Assert.Equal(float.PositiveInfinity, SimdMath.Exp(88.73f));
        Assert.Equal(float.PositiveInfinity, SimdMath.Exp(1e30f));
        Assert.Equal(float.PositiveInfinity, SimdMath.Exp(float.PositiveInfinity));
        Assert.Equal(0f, SimdMath.Exp(-104f));
        Assert.Equal(0f, SimdMath.Exp(float.NegativeInfinity));
        Assert.Equal(1f, SimdMath.Exp(0f));
        Assert.Equal(1f, SimdMath.Exp(-0f));
        Assert.True(float.IsNaN(SimdMath.Exp(float.NaN)));
        Assert.True(float.IsSubnormal(SimdMath.Exp(-100f)));
        Assert.Equal(0f, SimdMath.Log(1f));
        Assert.Equal(float.NegativeInfinity, SimdMath.Log(0f));
        Assert.Equal(float.NegativeInfinity, SimdMath.Log(-0f));
        Assert.Equal(float.PositiveInfinity, SimdMath.Log(float.PositiveInfinity));
        Assert.True(float.IsNaN(SimdMath.Log(-1f)));
        Assert.True(float.IsNaN(SimdMath.Log(float.NegativeInfinity)));
        Assert.True(float.IsNaN(SimdMath.Log(float.NaN)));
        Assert.Equal(0f, One(SimdMath.Sigmoid, -200f));
        Assert.Equal(0f, One(SimdMath.Sigmoid, float.NegativeInfinity));
        Assert.Equal(1f, One(SimdMath.Sigmoid, 200f));
        Assert.Equal(1f, One(SimdMath.Sigmoid, float.PositiveInfinity));
        Assert.Equal(0.5f, One(SimdMath.Sigmoid, 0f));
        Assert.True(float.IsNaN(One(SimdMath.Sigmoid, float.NaN)));
        Assert.Equal(-1e4f, One(SimdMath.LogSigmoid, -1e4f));
        Assert.Equal(0f, One(SimdMath.LogSigmoid, 1e4f));
        Assert.Equal(float.NegativeInfinity, One(SimdMath.LogSigmoid, float.NegativeInfinity));
        Assert.True(float.IsNaN(One(SimdMath.LogSigmoid, float.NaN)));
    }

    [Fact]
    public void Combined_forms_have_the_bits_of_the_single_ones()
    {
        for (int i = -30_000; i <= 30_000; i += 7)
        {
            Vector512<float> x = Vector512.Create(i * 0.0037f);
            Vector512<float> sigmoid = SimdMath.Sigmoid(x, out Vector512<float> logarithm);
            Assert.Equal(SimdMath.Sigmoid(x), sigmoid);
            Assert.Equal(SimdMath.LogSigmoid(x), logarithm);
            Assert.Equal(sigmoid, SimdMath.SigmoidAndComplement(x, out _));
        }
    }

    [Fact]
    public void Double_exp_agrees_with_the_library()
    {
        for (double x = -700; x < 709; x += 0.37)
        {
            double expected = Math.Exp(x);
            Assert.True(Math.Abs(SimdMath.Exp(x) - expected) <= 4e-16 * expected, $"{x}");
        }

        Assert.Equal(1, SimdMath.Exp(0.0));
        Assert.Equal(0, SimdMath.Exp(-1e9));
        Assert.Equal(double.PositiveInfinity, SimdMath.Exp(1e9));
        Assert.True(double.IsNaN(SimdMath.Exp(double.NaN)));
    }

    private static float One(Function function, float x) => function(Vector512.Create(x)).ToScalar();

    private static double Sigmoid(double x) =>
        x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    private static double LogSigmoid(double x) => Math.Min(x, 0) - Log1P(Math.Exp(-Math.Abs(x)));

    // By the correction of Kahan: ln(u) e / (u - 1), u = 1 + e.
    private static double Log1P(double e)
    {
        double u = 1 + e;
        return u == 1 ? e : Math.Log(u) * (e / (u - 1));
    }

    /// <summary>The largest error over each <paramref name="step"/>-th float of a range, in ulp.</summary>
    private static double WorstError(
        Function function, Func<double, double> exact, float from, float to, int step)
    {
        double worst = 0;
        long last = Order(to);
        for (long i = Order(from); i <= last; i += step)
        {
            float x = FromOrder((int)i);
            double error = Ulps(function(Vector512.Create(x)).ToScalar(), exact(x));
            // Not Math.Max: a NaN must not disappear.
            worst = error <= worst ? worst : error;
        }

        return worst;
    }

    private static double Ulps(float actual, double exact)
    {
        float rounded = (float)exact;
        if (actual == rounded)
        {
            return Math.Abs(exact) > float.MaxValue ? 0 : Math.Abs(actual - exact) / Ulp(rounded);
        }

        return Math.Abs(actual - exact) / Ulp(rounded);
    }

    private static double Ulp(float x)
    {
        float magnitude = Math.Abs(x);
        return (double)MathF.BitIncrement(magnitude) - magnitude;
    }

    // The floats in order as integers, -0 and 0 both 0.
    private static int Order(float x)
    {
        int bits = BitConverter.SingleToInt32Bits(x);
        return bits >= 0 ? bits : int.MinValue - bits;
    }

    private static float FromOrder(int order) =>
        BitConverter.Int32BitsToSingle(order >= 0 ? order : int.MinValue - order);
}
