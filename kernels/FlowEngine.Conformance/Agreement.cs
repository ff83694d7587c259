namespace FlowEngine.Conformance;

/// <summary>How far two arrays are apart.</summary>
internal static class Agreement
{
    /// <summary>
    /// The error as a share of the array's magnitude: the root of the normalized mean square error, or a twentieth of
    /// the largest error of an element relative to its own magnitude or the array's, whichever is larger.
    /// </summary>
    /// <returns>NaN if a value is not finite or the lengths differ.</returns>
    public static double Error(double[] expected, double[] actual)
    {
        if (expected.Length != actual.Length)
        {
            return double.NaN;
        }

        double squares = expected.Sum(value => value * value);
        double errorSquares = expected.Zip(actual, (e, a) => (a - e) * (a - e)).Sum();
        double magnitude = Math.Sqrt(squares / Math.Max(1, expected.Length));
        double worst = errorSquares == 0 ? 0 : Math.Sqrt(errorSquares / squares);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            double relative = error == 0 ? 0 : error / 20 / Math.Max(magnitude, Math.Abs(expected[i]));
            if (!double.IsFinite(relative))
            {
                return double.NaN;
            }

            worst = Math.Max(worst, relative);
        }

        return double.IsFinite(worst) ? worst : double.NaN;
    }
}
