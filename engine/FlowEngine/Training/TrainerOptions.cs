using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Settings;

namespace FlowEngine.Training;

/// <summary>How a model is trained.</summary>
public sealed record TrainerOptions
{
    private const double AlmostOne = 1 - (1.0 / (1L << 53));
    private const int WarmupUpdates = 100;
    private const int LeastWarmupUpdates = 10;
    private const int LeastRunByWarmup = 10;

    /// <summary>
    /// Every option, described once; their order is that of <c>flow_trainer_options</c>, which only grows at its end.
    /// </summary>
    public static IReadOnlyList<Setting> Settings { get; } =
    [
        new NumberSetting<TrainerOptions, int>(
            "batch", (1, 1 << 16), o => o.Batch, (o, v) => o with { Batch = v }, "Images or rows of an update"),
        new ChoiceSetting<TrainerOptions, OptimizerKind>(
            "optimizer",
            [("adam", OptimizerKind.Adam), ("adamw", OptimizerKind.AdamW), ("adamax", OptimizerKind.Adamax)],
            o => o.Optimizer,
            (o, v) => o with { Optimizer = v },
            "The update rule"),
        new ChoiceSetting<TrainerOptions, Schedule>(
            "schedule",
            [("constant", Schedule.Constant), ("cosine", Schedule.Cosine), ("cooldown", Schedule.Cooldown)],
            o => o.Schedule,
            (o, v) => o with { Schedule = v },
            "The learning rate after the warm-up; cooldown: constant, and falling over the last quarter of the run"),
        new ChoiceSetting<TrainerOptions, MemoryMode?>(
            "memory",
            [("auto", null), ("store", MemoryMode.Store), ("invert", MemoryMode.Invert)],
            o => o.Memory,
            (o, v) => o with { Memory = v },
            "Keeps activations, or recomputes them by inversion; auto: keeps them where that fits half the free memory")
        {
            NativeName = "activations",
        },
        new SwitchSetting<TrainerOptions>(
            "flip", o => o.Flip, (o, v) => o with { Flip = v }, "Mirrors each image with probability one half"),
        new NumberSetting<TrainerOptions, double>(
            "lr",
            (double.Epsilon, double.MaxValue),
            o => o.Rate,
            (o, v) => o with { Rate = v },
            "Learning rate",
            "a positive number") { NativeName = "learning_rate" },
        new NumberSetting<TrainerOptions, double>(
            "beta1",
            (0, AlmostOne),
            o => o.Beta1,
            (o, v) => o with { Beta1 = v },
            "Decay of the mean of the gradients",
            "0 to less than 1"),
        new NumberSetting<TrainerOptions, double>(
            "beta2",
            (0, AlmostOne),
            o => o.Beta2,
            (o, v) => o with { Beta2 = v },
            "Decay of the mean of their squares",
            "0 to less than 1"),
        new NumberSetting<TrainerOptions, double>(
            "epsilon",
            (double.Epsilon, double.MaxValue),
            o => o.Epsilon,
            (o, v) => o with { Epsilon = v },
            "Added to the denominator of an update",
            "a positive number"),
        new NumberSetting<TrainerOptions, double>(
            "weight_decay",
            (0, double.MaxValue),
            o => o.WeightDecay,
            (o, v) => o with { WeightDecay = v },
            "Weight decay; with adam it is added to the gradient",
            "0 or more"),
        new NumberSetting<TrainerOptions, double>(
            "clip",
            (0, double.MaxValue),
            o => o.Clip,
            (o, v) => o with { Clip = v },
            "Largest norm of the gradient; 0 for no limit",
            "0 (none) or more"),
        new NumberSetting<TrainerOptions, double>(
            "ema",
            (0, AlmostOne),
            o => o.EmaDecay,
            (o, v) => o with { EmaDecay = v },
            "Decay of the moving average of the weights; 0 for none",
            "0 (none) to less than 1") { NativeName = "ema_decay" },
        new NumberSetting<TrainerOptions, long>(
            "warmup_samples",
            (0, long.MaxValue),
            o => o.WarmupSamples,
            (o, v) => o with { WarmupSamples = v },
            "Images or rows over which the learning rate rises",
            "0 or more")
        {
            DefaultHelp = "100 updates; of a short run a tenth, and at least 10 updates",
            Label = "warmup-samples",
            FormerName = "warmup_images",
            NativeName = "warmup_images",
        },
        new NumberSetting<TrainerOptions, long>(
            "total_samples",
            (1, long.MaxValue),
            o => o.TotalSamples,
            (o, v) => o with { TotalSamples = v },
            "Images or rows of the whole run: where the schedule ends",
            "1 or more")
        {
            Label = "samples",
            FormerName = "total_images",
            NativeName = "total_images",
            Option = null,
            DefaultHelp = "never",
        },
        new NumberSetting<TrainerOptions, ulong>(
            "seed",
            (0, ulong.MaxValue),
            o => o.Seed,
            (o, v) => o with { Seed = v },
            "Seed of shuffles, noise and mirroring") { Option = null },
        new NumberSetting<TrainerOptions, int>(
            "read_every",
            (1, 1000),
            o => o.ReadEvery,
            (o, v) => o with { ReadEvery = v },
            "Losses are read at least once in so many updates; results do not depend on it")
        {
            Label = "read-every",
            DefaultHelp = "1 on the CPU, else 20",
        },
        new NumberSetting<TrainerOptions, double>(
            "final_lr",
            (0, double.MaxValue),
            o => o.FinalRate,
            (o, v) => o with { FinalRate = v },
            "Learning rate at the end of a schedule that falls",
            "0 or more") { NativeName = "final_learning_rate" },
        new NumberSetting<TrainerOptions, int>(
            "shards",
            (1, 1024),
            o => o.Shards,
            (o, v) => o with { Shards = v },
            "Parts of a batch whose gradients are summed as a binary tree; 1 for the whole batch at once",
            "a power of two up to 1024"),
        new ChoiceSetting<TrainerOptions, Reduction>(
            "reduce",
            [("exact", Reduction.Exact), ("fast", Reduction.Fast)],
            o => o.Reduction,
            (o, v) => o with { Reduction = v },
            "How gradients are summed over ranks: exact gives the same bits for any number of them"),
    ];

    /// <summary>The part of a run, its last, over which <see cref="Schedule.Cooldown"/> lets the rate fall.</summary>
    internal const double CooldownPart = 0.25;

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

    /// <summary>
    /// Samples over which the learning rate rises from zero; null for those of 100 updates, or of a short run a tenth, but at
    /// least 10 updates.
    /// </summary>
    public long? WarmupSamples { get; init; }

    /// <summary>The samples over which the learning rate rises, of a run of <see cref="TotalSamples"/>.</summary>
    public long Warmup => WarmupSamples ?? Math.Clamp(
        TotalSamples / LeastRunByWarmup, (long)LeastWarmupUpdates * Batch, (long)WarmupUpdates * Batch);

    /// <summary>How the learning rate goes after the warm-up.</summary>
    public Schedule Schedule { get; init; } = Schedule.Cooldown;

    /// <summary>The learning rate at the end of a schedule that falls.</summary>
    public double FinalRate { get; init; }

    /// <summary>Samples of the whole run: where the schedule ends. No schedule falls before an end that is not known.</summary>
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
    /// Losses are read at least once in so many updates; a device that queues its work computes on meanwhile. Null
    /// for 1 where work is not queued, else 20. No result depends on it.
    /// </summary>
    public int? ReadEvery { get; init; }

    /// <summary>
    /// Parts of a batch, a power of two, that are differentiated one after the other; their gradients are summed as a binary
    /// tree. Less memory, and the same bits wherever the parts are computed; 1 for the whole batch at once.
    /// </summary>
    public int Shards { get; init; } = 1;

    /// <summary>How gradients are summed over ranks.</summary>
    public Reduction Reduction { get; init; } = Reduction.Exact;

    /// <summary>The seed of shuffles, noise and flips.</summary>
    public ulong Seed { get; init; }

    /// <summary>The learning rate of the update that brings the samples seen to <paramref name="samples"/>.</summary>
    /// <param name="samples">Samples seen after that update.</param>
    public double RateAt(long samples)
    {
        double warm = Warmup > 0 ? Math.Min(1, (double)samples / Warmup) : 1;
        double part = Math.Min(1, (double)samples / TotalSamples);

        // By the samples before the update, so that the last one still changes something: a run may be a single update.
        double left = 1 - Math.Min(1, (double)(samples - Batch) / TotalSamples);
        double fall = Schedule switch
        {
            Schedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * part)),
            Schedule.Cooldown => Math.Min(1, left / CooldownPart),
            _ => 1,
        };
        return (FinalRate * warm * (1 - fall)) + (Rate * warm * fall);
    }

    /// <summary>Samples of an update on a data set: no more than it has, and as many in each shard.</summary>
    /// <param name="samples">Samples of the data set.</param>
    public int BatchOf(int samples) => Math.Min(Batch, samples) / Shards * Shards;

    /// <summary>How a model is trained where nobody chose: the defaults of all fronts.</summary>
    /// <param name="isContinuous">True for rows of a table, false for images in grey levels.</param>
    public static TrainerOptions Default(bool isContinuous) => isContinuous
        ? new TrainerOptions { Batch = 256, EmaDecay = 0.99 }
        : new TrainerOptions();

    /// <summary>Checks every number.</summary>
    /// <exception cref="FlowException">One is out of range: which, and what was expected.</exception>
    public void Validate()
    {
        foreach (Setting setting in Settings)
        {
            setting.Check(this);
        }

        if (!int.IsPow2(Shards))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"shards is {Shards}, expected a power of two up to 1024");
        }

        if (Batch % Shards != 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"batch is {Batch}, expected a multiple of its {Shards} shards");
        }
    }
}
