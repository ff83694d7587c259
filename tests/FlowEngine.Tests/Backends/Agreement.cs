using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>How far two results may be apart.</summary>
public static class Agreement
{
    /// <summary>
    /// The mean square error is at most tolerance² of the mean square, and no element is off by more than twenty
    /// tolerances of its own magnitude or the array's, whichever is larger.
    /// </summary>
    public static void AssertClose(string name, double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double squares = expected.Sum(value => value * value);
        double errorSquares = expected.Zip(actual, (e, a) => (a - e) * (a - e)).Sum();
        Assert.True(double.IsFinite(squares), $"{name}: the expected values are not finite");
        Assert.True(
            errorSquares <= tolerance * tolerance * squares,
            $"{name}: normalized mean square error {errorSquares / squares} exceeds {tolerance * tolerance}");
        double magnitude = Math.Sqrt(squares / Math.Max(1, expected.Length));
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            Assert.True(
                error <= 20 * tolerance * Math.Max(magnitude, Math.Abs(expected[i])),
                $"{name}[{i}]: {actual[i]}, expected {expected[i]}");
        }
    }

    /// <summary>Bit for bit the same.</summary>
    public static void AssertSameBits(string name, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                BitConverter.DoubleToInt64Bits(expected[i]) == BitConverter.DoubleToInt64Bits(actual[i]),
                $"{name}[{i}]: {actual[i]:R}, expected the bits of {expected[i]:R}");
        }
    }
}
