using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>The sizes of a neural spline flow (Durkan, Bekasov, Murray and Papamakarios 2019).</summary>
/// <remarks>
/// Each block mixes the dimensions, then moves them by rational-quadratic splines: half of them by what a dense network
/// makes of the other half, or each by what a masked one makes of those before it. A learned linear map also ends the
/// model. The prior is the standard Gaussian.
/// </remarks>
public sealed record SplineOptions : BlockOptions
{
    /// <summary>The kind.</summary>
    public static ModelKind Description { get; } = new ModelKind<SplineOptions>
    {
        Name = "nsf",
        Title = "neural spline flow of vectors: rational-quadratic splines (Durkan 2019)",
        Data = DataKind.Vectors,
        Settings =
        [
            .. SharedSettings,
            new NumberSetting<SplineOptions, int>(
                "spline_bins",
                (2, RationalQuadraticSpline.LargestBins),
                o => o.SplineBins,
                (o, v) => o with { SplineBins = v },
                "Bins of a spline"),
            new NumberSetting<SplineOptions, double>(
                "bound",
                (1e-3, 1e6),
                o => o.Bound,
                (o, v) => o with { Bound = v },
                "Splines change values between -N and N; others stay as they are"),
            new SwitchSetting<SplineOptions>(
                "autoregressive",
                o => o.Autoregressive,
                (o, v) => o with { Autoregressive = v },
                "Each block has a spline for every dimension, from a masked network that reads those before it; samples are slow"),
            new ChoiceSetting<SplineOptions, SplineParametrization>(
                "spline",
                [("zuko", SplineParametrization.Zuko), ("nflows", SplineParametrization.Nflows)],
                o => o.Spline,
                (o, v) => o with { Spline = v },
                "How the numbers of the networks define splines: as in zuko, or as in nflows and normflows"),
            ActivationNames.Setting<SplineOptions>(o => o.Activation, (o, v) => o with { Activation = v }),
            new SwitchSetting<SplineOptions>(
                "residual",
                o => o.Residual,
                (o, v) => o with { Residual = v },
                "Residual networks with one block for each hidden layer; a condition gates them"),
            new ChoiceSetting<SplineOptions, Mixing>(
                "mixing",
                Mixings.Names,
                o => o.Mixing,
                (o, v) => o with { Mixing = v },
                "What mixes the dimensions before each block") { Option = "--permutation" },
        ],
        Default = shape => new SplineOptions
        {
            Height = shape.Height,
            Width = shape.Width,
            Channels = shape.Channels,
            Bins = shape.Bins,
            Blocks = 6,
            Hidden = 128,
            HiddenLayers = 2,
            Autoregressive = shape is { Height: 1, Width: 1, Channels: 1 },
        },
        Fit = options => options.CheckDims(hasCouplings: !options.Autoregressive),
        Construct = (options, parameters) => options.Assemble(parameters),
    };

    /// <summary>Bins of a spline, K.</summary>
    public int SplineBins { get; init; } = 8;

    /// <summary>Splines change values in [-B, B].</summary>
    public double Bound { get; init; } = 5;

    /// <summary>True for masked autoregressive blocks, false for couplings.</summary>
    public bool Autoregressive { get; init; }

    /// <summary>How the numbers of the networks define splines.</summary>
    public SplineParametrization Spline { get; init; }

    /// <summary>The activation function of hidden units.</summary>
    public Activation Activation { get; init; }

    /// <summary>True for residual networks.</summary>
    public bool Residual { get; init; }

    /// <summary>What stands before each block.</summary>
    public Mixing Mixing { get; init; } = Mixing.Lu;

    /// <inheritdoc/>
    public override ModelKind Kind => Description;

    /// <inheritdoc/>
    protected override string Details => base.Details
        + $", {(Autoregressive ? "autoregressive" : "coupling")} splines of {SplineBins} bins"
        + $"{(Residual ? ", residual" : string.Empty)}"
        + $"{(Activation == Activation.Relu ? string.Empty : $", {ActivationNames.NameOf(Activation)}")}"
        + $", {Mixings.NameOf(Mixing)} before blocks";

    private Flow Assemble(ParameterSet parameters)
    {
        List<IFlowLayer> layers = [];
        RationalQuadraticSpline spline = new(SplineBins, Bound, Spline);
        NetworkChoice network = new(Hidden, HiddenLayers, Activation, Residual);
        for (int block = 0; block < Blocks; block++)
        {
            string name = $"blocks.{block}";
            layers.Add(Mixings.Build(Mixing, parameters, name, Dims));
            layers.Add(Autoregressive
                ? new SplineAutoregressive(
                    parameters,
                    $"{name}.made",
                    Dims,
                    spline,
                    network.Masked(Dims, spline.ParametersLength, NetworkConditions))
                : new SplineCoupling(
                    parameters,
                    $"{name}.coupling",
                    Dims,
                    Dims / 2,
                    spline,
                    network.Dense(Dims / 2, (Dims - (Dims / 2)) * spline.ParametersLength, NetworkConditions)));
        }

        if (Mixing == Mixing.Lu)
        {
            layers.Add(Mixings.Build(Mixing, parameters, "last", Dims));
        }

        return Compose(parameters, layers, PriorKind.Gaussian);
    }
}
