using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>The sizes of a NICE (Dinh, Krueger and Bengio 2014).</summary>
/// <remarks>
/// Every other dimension makes the first half, so that neighbors of an image fall into different ones; each block is
/// an additive coupling of a dense network, and the halves change places between blocks. A diagonal scaling layer and
/// a standard prior end it.
/// </remarks>
public sealed record NiceOptions : BlockOptions
{
    private static readonly (string Name, PriorKind Value)[] _priors =
        [("logistic", PriorKind.Logistic), ("gaussian", PriorKind.Gaussian)];

    /// <summary>The kind.</summary>
    public static ModelKind Description { get; } = new ModelKind<NiceOptions>
    {
        Name = "nice",
        Title = "NICE of vectors: additive couplings, and a scale for each column at the end (Dinh, Krueger and Bengio 2014)",
        Data = DataKind.Vectors,
        Settings =
        [
            .. SharedSettings,
            new ChoiceSetting<NiceOptions, PriorKind>(
                "prior", _priors, o => o.Prior, (o, v) => o with { Prior = v }, "The distribution of the latents"),
        ],
        Default = shape => new NiceOptions
        {
            Height = shape.Height,
            Width = shape.Width,
            Channels = shape.Channels,
            Bins = shape.Bins,
            Blocks = 4,
            Hidden = 1000,
            HiddenLayers = 5,
        },
        Fit = options => options.CheckDims(),
        Construct = (options, parameters) => options.Assemble(parameters),
        DefaultCondition = options =>
            TakesCondition(options.Prior) ? ConditionInto.Both : ConditionInto.Networks,
        Refuses = [RefusedCondition<NiceOptions>(options => options.Prior)],
    };

    /// <summary>The distribution of the latents.</summary>
    public PriorKind Prior { get; init; } = PriorKind.Logistic;

    /// <inheritdoc/>
    public override ModelKind Kind => Description;

    /// <inheritdoc/>
    protected override string Details =>
        base.Details + $", {_priors.First(prior => prior.Value == Prior).Name} prior";

    /// <summary>True for priors with a mean, to which a condition can add.</summary>
    internal static bool TakesCondition(PriorKind prior) => prior is PriorKind.Gaussian or PriorKind.Diagonal;

    /// <summary>What a model of another prior refuses.</summary>
    internal static ModelRefusal<T> RefusedCondition<T>(Func<T, PriorKind> prior) => new(
        ModelUse.PriorCondition,
        "a logistic or uniform prior takes no condition: expected it into the networks, or a gaussian prior",
        options => !TakesCondition(prior(options)));

    private Flow Assemble(ParameterSet parameters)
    {
        List<IFlowLayer> layers = [];
        for (int block = 0; block < Blocks; block++)
        {
            string name = $"blocks.{block}";
            Initializer order = block == 0 ? Permutation.Parted : Permutation.Halves;
            layers.Add(new Permutation(parameters, $"{name}.permutation", Dims, order));
            layers.Add(Coupling(parameters, $"{name}.coupling", CouplingKind.Additive));
        }

        layers.Add(new ChannelScale(parameters, "scale", Dims));
        return Compose(parameters, layers, Prior);
    }
}
