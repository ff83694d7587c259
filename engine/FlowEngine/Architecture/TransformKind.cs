using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>One kind of transform in a list: its options and the layer it is.</summary>
/// <param name="Name">The name in JSON.</param>
/// <param name="Title">What it is, for people.</param>
/// <param name="Settings">Its options.</param>
/// <param name="HasNetwork">True if it has a network, which can read a condition.</param>
/// <param name="Build">Its layer, of parameters, its path, the list's dimensions and the numbers of a condition.</param>
public sealed record TransformKind(
    string Name,
    string Title,
    IReadOnlyList<Setting> Settings,
    bool HasNetwork,
    Func<Transform, ParameterSet, string, int, int, IFlowLayer> Build)
{
    /// <summary>True if it moves some values by what it makes of others.</summary>
    internal bool IsCoupling { get; init; }

    private static readonly Setting[] _networkSettings =
    [
        new NumberSetting<Transform, int>(
            "hidden", (1, 1 << 14), o => o.Hidden, (o, v) => o with { Hidden = v }, "Units of a hidden layer of its network"),
        new NumberSetting<Transform, int>(
            "hidden_layers",
            (1, 64),
            o => o.HiddenLayers,
            (o, v) => o with { HiddenLayers = v },
            "Hidden layers of its network"),
    ];

    private static readonly Setting[] _monotonicSettings =
    [
        .. _networkSettings,
        ActivationNames.Setting<Transform>(o => o.Activation, (o, v) => o with { Activation = v }),
        new SwitchSetting<Transform>(
            "residual",
            o => o.Residual,
            (o, v) => o with { Residual = v },
            "Residual blocks in place of its hidden layers, which a condition gates"),
        new SwitchSetting<Transform>(
            "adds_condition",
            o => o.AddsCondition,
            (o, v) => o with { AddsCondition = v },
            "A condition is added to its first sums and inside its blocks, and is neither read beside the values nor a gate"),
        new ChoiceSetting<Transform, TransformMap>(
            "map",
            [
                ("spline_zuko", TransformMap.SplineZuko),
                ("spline_nflows", TransformMap.SplineNflows),
                ("spline_flowjax", TransformMap.SplineFlowjax),
                ("affine_zuko", TransformMap.AffineZuko),
                ("affine_nflows_sigmoid", TransformMap.AffineNflowsSigmoid),
                ("affine_nflows_softplus", TransformMap.AffineNflowsSoftplus),
                ("affine_normflows", TransformMap.AffineNormflows),
                ("affine_flowjax", TransformMap.AffineFlowjax),
            ],
            o => o.Map,
            (o, v) => o with { Map = v },
            "What is done to a value, as the library of the name defines it"),
        new NumberSetting<Transform, int>(
            "spline_bins",
            (2, RationalQuadraticSpline.LargestBins),
            o => o.SplineBins,
            (o, v) => o with { SplineBins = v },
            "Bins of a spline"),
        new NumberSetting<Transform, double>(
            "bound",
            (1e-3, 1e6),
            o => o.Bound,
            (o, v) => o with { Bound = v },
            "Splines change values between -N and N; others stay as they are"),
    ];

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<TransformKind> All { get; } =
    [
        Plain("actnorm", "A bias and a scale for each dimension, set by the first batch", (p, name, d) => new ActNorm(p, name, d)),
        Plain("batch_norm", "Batch normalization", (p, name, d) => new BatchNorm(p, name, d)),
        Plain("scale", "A scale for each dimension", (p, name, d) => new ChannelScale(p, name, d)),
        Plain(
            "logit",
            "The logit of values in [-0.5, 0.5)",
            (_, name, _) => new ElementwiseLayer(name, ElementwiseMap.Of(new LogitMap(RealNvp.LogitMargin)))),
        Plain(
            "asinh",
            "The inverse hyperbolic sine of each value, which makes heavy tails light",
            (_, name, _) => new ElementwiseLayer(name, ElementwiseMap.Of(new AsinhMap(1)))),
        Plain("linear", "A learned linear map, as an LU decomposition", (p, name, d) => new InvertibleConv1x1(p, name, d)),
        new(
            "permutation",
            "The dimensions in another order",
            [
                new ChoiceSetting<Transform, TransformOrder>(
                    "order",
                    [
                        ("reverse", TransformOrder.Reverse),
                        ("random", TransformOrder.Random),
                        ("halves", TransformOrder.Halves),
                        ("parted", TransformOrder.Parted),
                    ],
                    o => o.Order,
                    (o, v) => o with { Order = v },
                    "The last first, a random one, the second half first, or every other one first"),
            ],
            HasNetwork: false,
            (o, p, name, d, _) => new Permutation(p, name, d, o.Order switch
            {
                TransformOrder.Reverse => Permutation.Reversed,
                TransformOrder.Random => Permutation.Random,
                TransformOrder.Halves => Permutation.Halves,
                _ => Permutation.Parted,
            })),
        Coupling("affine_coupling", "Scales and shifts the second half by what a network makes of the first", CouplingKind.Affine),
        Coupling("additive_coupling", "Shifts the second half by what a network makes of the first", CouplingKind.Additive),
        new(
            "autoregressive",
            "Scales and shifts each dimension by what a masked network makes of those before it",
            [
                .. _networkSettings,
                new ChoiceSetting<Transform, AutoregressiveDirection>(
                    "direction",
                    [("density", AutoregressiveDirection.Density), ("sample", AutoregressiveDirection.Sample)],
                    o => o.Direction,
                    (o, v) => o with { Direction = v },
                    "What takes one pass of the network: a density (MAF) or a sample (IAF)"),
            ],
            HasNetwork: true,
            (o, p, name, d, conditions) =>
                new MaskedAutoregressive(p, name, d, o.Network.Masked(d, 2, conditions), o.Direction)),
        new(
            "monotonic_coupling",
            "Moves the last values by what a network makes of the first ones",
            [
                .. _monotonicSettings,
                new NumberSetting<Transform, int>(
                    "passing",
                    (1, 1 << 14),
                    o => o.Passing,
                    (o, v) => o with { Passing = v },
                    "How many of the values, the first ones, are not moved"),
            ],
            HasNetwork: true,
            (o, p, name, d, conditions) =>
                new SplineCoupling(
                    p,
                    name,
                    d,
                    o.Passing,
                    o.MonotonicMap,
                    o.Network.Dense(o.Passing, (d - o.Passing) * o.MonotonicMap.ParametersLength, conditions)))
        {
            IsCoupling = true,
        },
        new(
            "monotonic_autoregressive",
            "Moves each value by what a masked network makes of those before it",
            _monotonicSettings,
            HasNetwork: true,
            (o, p, name, d, conditions) =>
                new SplineAutoregressive(
                    p, name, d, o.MonotonicMap, o.Network.Masked(d, o.MonotonicMap.ParametersLength, conditions))),
    ];

    /// <summary>A kind by its name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="FlowException">There is no such kind: which there are.</exception>
    public static TransformKind Get(string name) => All.FirstOrDefault(kind => kind.Name == name)
        ?? throw new FlowException(
            FlowErrorKind.InvalidArgument,
            $"there is no transform \"{name}\", expected one of {string.Join(", ", All.Select(kind => kind.Name))}");

    private static TransformKind Plain(string name, string title, Func<ParameterSet, string, int, IFlowLayer> build) =>
        new(name, title, [], HasNetwork: false, (_, parameters, path, dims, _) => build(parameters, path, dims));

    private static TransformKind Coupling(string name, string title, CouplingKind kind) => new(
        name,
        title,
        _networkSettings,
        HasNetwork: true,
        (o, parameters, path, dims, conditions) =>
            DenseCoupling.Build(parameters, path, kind, dims, o.Network, conditions))
    {
        IsCoupling = true,
    };
}
