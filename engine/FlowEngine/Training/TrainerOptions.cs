using FlowEngine.Execution;
using FlowEngine.Kernels;

namespace FlowEngine.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainerOptions
{
    /// <summary>Samples of one update.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>The update rule.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    /// <summary>The learning rate after the warm-up.</summary>
    public double Rate { get; init; } = 1e-3;

    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator of the update.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay; 0 for none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Samples over which the learning rate rises from zero.</summary>
    public long WarmupSamples { get; init; } = 6_400;

    /// <summary>How the learning rate goes after the warm-up.</summary>
    public Schedule Schedule { get; init; } = Schedule.Constant;

    /// <summary>Samples of the whole run: where a cosine ends.</summary>
    public long TotalSamples { get; init; } = long.MaxValue;

    /// <summary>The largest norm of the gradient of the mean bits per dimension; 0 for no limit.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Decay of the moving average of the weights; 0 for none.</summary>
    public double EmaDecay { get; init; } = 0.999;

    /// <summary>True to mirror each image left to right with probability one half.</summary>
    public bool Flip { get; init; }

    /// <summary>Where activations come from; null for <see cref="MemoryMode.Store"/> where it fits half the free memory.</summary>
    public MemoryMode? Memory { get; init; }

    /// <summary>
    /// Updates between two readings of their losses, at most: a device that queues its work computes on meanwhile. Null
    /// for 1 where work is not queued, else 20. No result depends on it.
    /// </summary>
    public int? ReadEvery { get; init; }

    /// <summary>The seed of shuffles, noise and flips.</summary>
    public ulong Seed { get; init; }

    /// <summary>The learning rate of the update that brings the samples seen to <paramref name="samples"/>.</summary>
    /// <param name="samples">Samples seen after that update.</param>
    public double RateAt(long samples)
    {
        double warm = WarmupSamples > 0 ? Math.Min(1, (double)samples / WarmupSamples) : 1;
        double fall = Schedule == Schedule.Cosine
            ? 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (double)samples / TotalSamples)))
            : 1;
        return Rate * warm * fall;
    }

    /// <summary>Checks every number.</summary>
    /// <exception cref="FlowException">One is out of range: which, and what was expected.</exception>
    public void Validate()
    {
        Require(Batch is >= 1 and <= 1 << 16, "batch", Batch, "1 to 65536");
        Require(Rate > 0 && double.IsFinite(Rate), "lr", Rate, "a positive number");
        Require(Beta1 is >= 0 and < 1, "beta1", Beta1, "0 to less than 1");
        Require(Beta2 is >= 0 and < 1, "beta2", Beta2, "0 to less than 1");
        Require(Epsilon > 0 && double.IsFinite(Epsilon), "epsilon", Epsilon, "a positive number");
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), "weight decay", WeightDecay, "0 or more");
        Require(WarmupSamples >= 0, "warmup-samples", WarmupSamples, "0 or more");
        Require(TotalSamples >= 1, "samples", TotalSamples, "1 or more");
        Require(Clip >= 0 && double.IsFinite(Clip), "clip", Clip, "0 (none) or more");
        Require(ReadEvery is null or (>= 1 and <= 1000), "read-every", ReadEvery ?? 0, "1 to 1000");
        Require(EmaDecay is >= 0 and < 1, "ema", EmaDecay, "0 (none) to less than 1");
    }

    private static void Require(bool holds, string name, double value, string expected)
    {
        if (!holds)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, FormattableString.Invariant($"{name} is {value}, expected {expected}"));
        }
    }
}
