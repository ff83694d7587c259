using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Tests.Models;

/// <summary>
/// A kind of model as a program of its own may add it, of layers that are there: rounds of an additive coupling and a
/// reversal, under a scale for each column. <see cref="ModelKinds.Register"/> makes it known to every front.
/// </summary>
internal sealed record ShearOptions : VectorOptions
{
    /// <summary>The kind.</summary>
    public static ModelKind Description { get; } = new ModelKind<ShearOptions>
    {
        Name = "shear",
        Title = "Shears of vectors: additive couplings, and a scale for each column at the end",
        Data = DataKind.Vectors,
        Settings =
        [
            .. ShapeSettings,
            new NumberSetting<ShearOptions, int>(
                "rounds", (1, 100), o => o.Rounds, (o, v) => o with { Rounds = v }, "Rounds, each with one network"),
            new NumberSetting<ShearOptions, int>(
                "hidden", (1, 1000), o => o.Hidden, (o, v) => o with { Hidden = v }, "Units of a hidden layer of the networks"),
            BinsSetting,
        ],
        Default = shape => new ShearOptions
        {
            Height = shape.Height,
            Width = shape.Width,
            Channels = shape.Channels,
            Bins = shape.Bins,
        },
        Fit = options => options.CheckDims(),
        Construct = (options, parameters) => options.Assemble(parameters),
    };

    /// <summary>Rounds.</summary>
    public int Rounds { get; init; } = 4;

    /// <summary>Units of a hidden layer.</summary>
    public int Hidden { get; init; } = 32;

    /// <inheritdoc/>
    public override ModelKind Kind => Description;

    /// <inheritdoc/>
    protected override string Details => $"{Rounds} rounds, hidden {Hidden}";

    private Flow Assemble(ParameterSet parameters)
    {
        List<IFlowLayer> layers = [];
        for (int round = 0; round < Rounds; round++)
        {
            string name = $"rounds.{round}";
            DenseNetworkShape shape = new(
                NetworkConditions + (Dims / 2), Hidden, HiddenLayers: 2, Dims - (Dims / 2), IsAutoregressive: false,
                NetworkConditions);
            layers.Add(new AdditiveCoupling(
                $"{name}.coupling", Dims, new Network(parameters, $"{name}.coupling", shape)));
            layers.Add(new Permutation(parameters, $"{name}.permutation", Dims, Permutation.Reversed));
        }

        layers.Add(new ChannelScale(parameters, "scale", Dims));
        return Compose(parameters, layers, PriorKind.Gaussian);
    }
}
