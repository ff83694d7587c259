namespace FlowEngine.Compare;

/// <summary>How much slower one of two interleaved builds is, and how well that is known.</summary>
/// <remarks>
/// Round i gives the ratio r_i of the two builds' times, measured one right after the other, so that what slows the
/// machine for longer than a round slows both and leaves r_i alone. Nothing is assumed of the values but that the
/// logarithms of the r_i scatter about one center; medians keep a single disturbed round from deciding.
/// <code>
/// m      = median ln r_i
/// σ      = 1.4826 · median |ln r_i - m| · n / (n - 0.8)      1.4826 and the factor make σ that of a normal, n rounds
/// noise  = t · 1.2533 · σ / √n                               1.2533 σ / √n is the standard error of a median
/// </code>
/// t is Student's quantile of n - 1 degrees of freedom at one chance in 200, one-sided. A build against itself at 3%
/// noise a run, one run in thirty disturbed by half, 15 rounds and a threshold of 5%: fewer than one false alarm in 2000
/// benchmarks; a fifth slower goes unseen less often than that. Tests say so.
/// </remarks>
/// <param name="Ratio">e^m: the head's time by the base's; 1.2 is a fifth slower.</param>
/// <param name="Noise">e^noise - 1: a ratio this far above 1 can be chance.</param>
internal readonly record struct PairedRatio(double Ratio, double Noise)
{
    /// <summary>With fewer rounds the spread says little of the noise.</summary>
    public const int FewestRounds = 5;

    private const double NormalOverDeviation = 1.4826;
    private const double MedianOverMean = 1.2533;

    // Student's t, one-sided 0.995, of 4 degrees of freedom and more; the last is the normal's.
    private static readonly (int Degrees, double Quantile)[] _quantiles =
    [
        (4, 4.604), (5, 4.032), (6, 3.707), (7, 3.499), (8, 3.355), (9, 3.250), (11, 3.106), (14, 2.977), (19, 2.861),
        (29, 2.756), (59, 2.662), (int.MaxValue, 2.576),
    ];

    /// <summary>From the values of each round.</summary>
    /// <param name="baseTimes">Times, or reciprocals of rates, of the base.</param>
    /// <param name="headTimes">Those of the head, of the same rounds.</param>
    /// <exception cref="ArgumentException">The rounds differ in number, or are fewer than
    /// <see cref="FewestRounds"/>.</exception>
    public static PairedRatio From(IReadOnlyList<double> baseTimes, IReadOnlyList<double> headTimes)
    {
        int rounds = baseTimes.Count;
        ArgumentOutOfRangeException.ThrowIfNotEqual(headTimes.Count, rounds, nameof(headTimes));
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, FewestRounds, nameof(baseTimes));
        double[] logs = [.. baseTimes.Zip(headTimes, (before, after) => Math.Log(after / before))];
        double center = Median(logs);
        double deviation = Median([.. logs.Select(log => Math.Abs(log - center))]);
        double spread = NormalOverDeviation * deviation * rounds / (rounds - 0.8);
        double noise = Quantile(rounds - 1) * MedianOverMean * spread / Math.Sqrt(rounds);
        return new PairedRatio(Math.Exp(center), Math.Exp(noise) - 1);
    }

    /// <summary>The middle value, or the mean of the middle two.</summary>
    public static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    // The entry at or below the degrees of freedom: never too small.
    private static double Quantile(int degrees) => _quantiles.Last(entry => entry.Degrees <= degrees).Quantile;
}
