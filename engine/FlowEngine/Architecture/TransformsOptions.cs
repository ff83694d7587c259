using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>A flow of vectors as a list of transforms: what other libraries' flows are, too.</summary>
public sealed record TransformsOptions : VectorOptions
{
    /// <summary>The kind.</summary>
    public static ModelKind Description { get; } = new ModelKind<TransformsOptions>
    {
        Name = "transforms",
        Title = "list of transforms of vectors, chosen one by one",
        Data = DataKind.Vectors,
        Settings =
        [
            .. ShapeSettings,
            BinsSetting,
            new TransformsSetting { DefaultHelp = "none" },
            new ChoiceSetting<TransformsOptions, PriorKind>(
                "prior",
                [
                    ("gaussian", PriorKind.Gaussian),
                    ("logistic", PriorKind.Logistic),
                    ("diagonal", PriorKind.Diagonal),
                    ("uniform", PriorKind.Uniform),
                ],
                o => o.Prior,
                (o, v) => o with { Prior = v },
                "The distribution of the latents"),
        ],
        Default = shape => new TransformsOptions
        {
            Height = shape.Height,
            Width = shape.Width,
            Channels = shape.Channels,
            Bins = shape.Bins,
            Transforms = [],
        },
        Fit = options => options.CheckPassing(),
        Construct = (options, parameters) => options.Assemble(parameters),
        DefaultCondition = options => !options.HasNetworks ? ConditionInto.Prior
            : !NiceOptions.TakesCondition(options.Prior) ? ConditionInto.Networks
            : ConditionInto.Both,
        Refuses =
        [
            NiceOptions.RefusedCondition<TransformsOptions>(options => options.Prior),
            new(
                ModelUse.NetworkCondition,
                "no transform of the list has a network to read the condition: expected it into the prior",
                options => !options.HasNetworks),
        ],
    };

    /// <summary>The transforms, from the data to the latents.</summary>
    public required IReadOnlyList<Transform> Transforms { get; init; }

    /// <summary>The distribution of the latents.</summary>
    public PriorKind Prior { get; init; } = PriorKind.Gaussian;

    /// <inheritdoc/>
    public override ModelKind Kind => Description;

    /// <inheritdoc/>
    protected override string Details =>
        $"{Transforms.Count} of {string.Join(", ", Transforms.Select(transform => transform.Type).Distinct())}";

    private bool HasNetworks => Transforms.Any(transform => TransformKind.Get(transform.Type).HasNetwork);

    /// <summary>True for the same transforms, in the same order, of the same data.</summary>
    /// <param name="other">Other options.</param>
    public bool Equals(TransformsOptions? other) =>
        base.Equals(other) && Prior == other.Prior && Transforms.SequenceEqual(other.Transforms);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Prior, Transforms.Count);

    private void CheckPassing()
    {
        CheckDims(hasCouplings: Transforms.Any(transform => TransformKind.Get(transform.Type).IsCoupling));
        for (int i = 0; i < Transforms.Count; i++)
        {
            if (Transforms[i].Type == "monotonic_coupling" && Transforms[i].Passing >= Dims)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"transform {i}: passing is {Transforms[i].Passing}, expected less than the {Dims} values of a datum");
            }
        }
    }

    private Flow Assemble(ParameterSet parameters)
    {
        List<IFlowLayer> layers = [];
        foreach (Transform transform in Transforms)
        {
            TransformKind kind = TransformKind.Get(transform.Type);
            layers.Add(kind.Build(
                transform, parameters, $"transforms.{layers.Count}.{kind.Name}", Dims, NetworkConditions));
        }

        return Compose(parameters, layers, Prior);
    }
}
