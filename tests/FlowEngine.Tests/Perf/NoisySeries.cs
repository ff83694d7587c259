using FlowEngine.Compare;

namespace FlowEngine.Tests.Perf;

/// <summary>Two interleaved builds on a noisy machine, made up from a seed.</summary>
internal static class NoisySeries
{
    /// <summary>
    /// Times around 1 that scatter by <paramref name="noise"/>, on a machine that drifts by a tenth over the rounds and
    /// now and then is disturbed for one run; the head's are <paramref name="slowdown"/> times as long.
    /// </summary>
    public static (Series Base, Series Head) Times(int seed, int rounds, double noise, double slowdown)
    {
        Random random = new(seed);
        double[] before = new double[rounds];
        double[] after = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            double drift = 1 + (0.1 * i / rounds);
            before[i] = drift * Disturbance() * Math.Exp(noise * Normal());
            after[i] = drift * Disturbance() * Math.Exp(noise * Normal()) * slowdown;
        }

        return (new Series("time", "s", HigherIsBetter: false, before), new Series("time", "s", false, after));

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble());

        double Disturbance() => random.NextDouble() < 0.03 ? 1.5 : 1;
    }

    /// <summary>The same as rates.</summary>
    public static Series AsRate(Series times) => times with
    {
        Unit = "images/s",
        HigherIsBetter = true,
        Values = [.. times.Values.Select(value => 1 / value)],
    };
}
