using System.Numerics;

using FlowEngine.Architecture;
using FlowEngine.Kernels;

namespace FlowEngine.Training;

/// <summary>Sizes of a model of a table, and of its training, where nobody chose.</summary>
/// <remarks>
/// Units and updates rise with the square root of the rows: more of them learn few rows by heart, and take longer. Measured on the
/// tables of ADBench by perf/tables, where a learned map between blocks gained more than any size.
/// </remarks>
/// <param name="rows">Training rows.</param>
/// <param name="heldOut">Validation rows.</param>
internal sealed class TableRecipe(int rows, int heldOut)
{
    /// <summary>From so many columns on weights decay: tables of fewer lost by it as often as they gained.</summary>
    public const int FewestDecayedColumns = 20;

    private const int FewestUnits = 64;
    private const int MostUnits = 256;
    private const double UnitsByRoot = 3;

    // A learned map of all columns costs the square of them: of more it would be the most of a block.
    private const int MostMixedColumns = 128;

    // Of seven tables of 21 to 63 columns five gained 2 to 9 validation nats by both, and none lost more than its standard error.
    private const double DecayedRate = 2e-3;
    private const double Decay = 1;

    private const int FewestUpdates = 1_000;
    private const int MostUpdates = 20_000;
    private const double UpdatesByRoot = 250;
    private const double PatienceShare = 0.2;
    private const int LeastUpdatesByEvaluation = 20;

    // Of the arithmetic of an epoch, for its evaluation: a third of an update's a row.
    private const double EvaluationShare = 0.05;

    /// <summary>The options of a model, by name, that it chooses.</summary>
    public static IReadOnlyList<string> Sizes { get; } = ["hidden", "mixing"];

    /// <summary>The options of training, by name, that <see cref="Decayed"/> chooses; they belong together.</summary>
    public static IReadOnlyList<string> DecayOptions { get; } = ["optimizer", "lr", "weight_decay"];

    private double Root => Math.Sqrt(rows);

    /// <summary>The sizes of a model with blocks, in place of its defaults; other models as they are.</summary>
    /// <param name="model">A kind's defaults.</param>
    public IModelOptions Sized(IModelOptions model)
    {
        if (model is not BlockOptions blocks)
        {
            return model;
        }

        BlockOptions sized = blocks with { Hidden = Math.Clamp(PowerOf2(UnitsByRoot * Root), FewestUnits, MostUnits) };
        return sized is AutoregressiveOptions { Dims: <= MostMixedColumns } mixed ? mixed with { Mixing = Mixing.Lu } : sized;
    }

    /// <summary>How a model of many columns is trained, in place of the defaults: weights that decay learn fewer rows by heart.</summary>
    /// <param name="training">The defaults.</param>
    /// <param name="columns">Columns that the model sees.</param>
    public static TrainerOptions Decayed(TrainerOptions training, int columns) => columns < FewestDecayedColumns
        ? training
        : training with { Optimizer = OptimizerKind.AdamW, Rate = DecayedRate, WeightDecay = Decay };

    /// <summary>Rows of an update.</summary>
    public int Batch => Math.Clamp(PowerOf2(rows / 32.0), 32, 256);

    /// <summary>Where a run ends, and how often it is judged.</summary>
    /// <param name="batch">Rows of an update.</param>
    public RunLimits Limits(int batch)
    {
        double perEpoch = Math.Max(1, rows / Math.Max(1, Math.Min(batch, rows)));
        double updates = Math.Clamp(UpdatesByRoot * Root, FewestUpdates, MostUpdates);
        int every = (int)Math.Ceiling(Math.Max(
            LeastUpdatesByEvaluation / perEpoch, heldOut / (3 * EvaluationShare * Math.Max(1, rows))));
        int evaluations = Math.Max(1, (int)Math.Round(updates / perEpoch / every));
        return new RunLimits(evaluations * every, null, null)
        {
            Patience = Math.Max(1, (int)Math.Round(PatienceShare * evaluations)) * every,
            EvaluateEvery = every,
        };
    }

    private static int PowerOf2(double value) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, Math.Round(value / Math.Sqrt(2))));
}
