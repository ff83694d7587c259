using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>How far two results may be apart.</summary>
public static class Agreement
{
    /// <summary>The error that <see cref="Conformance.Agreement.Error"/> measures is at most the tolerance.</summary>
    public static void AssertClose(string name, double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = Conformance.Agreement.Error(expected, actual);
        Assert.True(error <= tolerance, $"{name}: error {error} exceeds {tolerance}");
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
