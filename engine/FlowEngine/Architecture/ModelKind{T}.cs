using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>A kind of model with options of its own: static data and functions.</summary>
/// <typeparam name="T">The record of its options.</typeparam>
public sealed class ModelKind<T> : ModelKind
    where T : class, IModelOptions
{
    /// <summary>The options of a model where nobody chose any, by its data.</summary>
    public required Func<DataShape, T> Default { get; init; }

    /// <summary>Builds the architecture of options that were checked, its parameters in a set that is empty at first.</summary>
    public required Func<T, ParameterSet, Flow> Construct { get; init; }

    /// <summary>Checks the options against each other; their ranges are checked before.</summary>
    public Action<T>? Fit { get; init; }

    /// <summary>The published sizes of options with defaults; null for those.</summary>
    public Func<T, T>? AsPublished { get; init; }

    /// <summary>How often a model halves an image; null for never.</summary>
    public Func<T, int>? ImageHalvings { get; init; }

    /// <summary>What reads a condition where nobody chose; null for priors and networks.</summary>
    public Func<T, ConditionInto>? DefaultCondition { get; init; }

    /// <summary>True if images can be compressed with some of its models.</summary>
    public bool Compresses { get; init; }

    /// <summary>True if rosinality/glow-pytorch computes some of its models.</summary>
    public bool IsExported { get; init; }

    /// <summary>What some of its models cannot be used for.</summary>
    public IReadOnlyList<ModelRefusal<T>> Refuses { get; init; } = [];

    /// <inheritdoc/>
    public override IEnumerable<(ModelUse Use, string Reason)> Refusals =>
        All.Select(refusal => (refusal.Use, refusal.Reason));

    private IEnumerable<ModelRefusal<T>> All =>
    [
        .. Refuses,
        .. Compresses ? [] : new ModelRefusal<T>[]
        {
            new(ModelUse.Compression, $"of the kind {Name}, whose layers have no code: expected a glow"),
        },
        .. IsExported ? [] : new ModelRefusal<T>[]
        {
            new(ModelUse.Export, $"the model is of the kind {Name}, expected a glow of preset rosinality"),
        },
    ];

    /// <inheritdoc/>
    public override IModelOptions Defaults(DataShape shape) => Default(shape);

    /// <inheritdoc/>
    public override IModelOptions Published(DataShape shape) =>
        AsPublished is null ? Default(shape) : AsPublished(Default(shape));

    /// <inheritdoc/>
    public override int Halvings(IModelOptions options) => ImageHalvings?.Invoke((T)options) ?? 0;

    /// <inheritdoc/>
    public override ConditionInto ConditionInto(IModelOptions options) =>
        DefaultCondition?.Invoke((T)options) ?? Architecture.ConditionInto.Both;

    /// <inheritdoc/>
    public override string? Refusal(IModelOptions options, ModelUse use) => All
        .FirstOrDefault(refusal => refusal.Use == use && refusal.When?.Invoke((T)options) != false)?.Reason;

    private protected override void CheckFit(IModelOptions options) => Fit?.Invoke((T)options);

    private protected override Flow BuildValid(IModelOptions options, ParameterSet parameters) =>
        Construct((T)options, parameters);
}
