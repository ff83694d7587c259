namespace FlowEngine.Conformance;

/// <summary>What a case gave, beside what it should have given.</summary>
/// <param name="Shape">The shape, for messages.</param>
/// <param name="Expected">By plain C# on the host.</param>
/// <param name="Actual">By the device.</param>
public sealed record CaseOutcome(string Shape, double[] Expected, double[] Actual)
{
    /// <summary>
    /// The largest error, relative to the expected value where that is above 1; 0 if all are equal, NaN being equal to
    /// NaN, and NaN if one of the two is NaN or infinite where the other is not.
    /// </summary>
    public double Error => Distance(Expected, Actual);

    /// <summary>The largest error of one array against another, as <see cref="Error"/> says.</summary>
    /// <param name="expected">What should be.</param>
    /// <param name="actual">What is, of the same length.</param>
    public static double Distance(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        if (expected.Length != actual.Length)
        {
            return double.NaN;
        }

        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!expected[i].Equals(actual[i]))
            {
                // Not Math.Max in one step: a NaN must stay.
                double error = Math.Abs(actual[i] - expected[i]) / Math.Max(1, Math.Abs(expected[i]));
                worst = double.IsFinite(error) ? Math.Max(worst, error) : double.NaN;
            }
        }

        return worst;
    }
}
