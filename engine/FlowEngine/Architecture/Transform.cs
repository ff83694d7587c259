using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Architecture;

/// <summary>One transform of a list, with its network if it has one.</summary>
/// <remarks>What it has beside its type, its <see cref="TransformKind"/> says; the rest is not looked at.</remarks>
/// <param name="Type">The name of its kind, one of <see cref="TransformKind.All"/>.</param>
public sealed record Transform(string Type)
{
    /// <summary>The order of a permutation.</summary>
    public TransformOrder Order { get; init; }

    /// <summary>Units of a hidden layer of its network.</summary>
    public int Hidden { get; init; } = 256;

    /// <summary>Hidden layers of its network.</summary>
    public int HiddenLayers { get; init; } = 2;

    /// <summary>What hidden units of a monotonic transform's network make of their sums.</summary>
    public Activation Activation { get; init; }

    /// <summary>True if a monotonic transform's network has residual blocks in place of hidden layers; a condition gates them.</summary>
    public bool Residual { get; init; }

    /// <summary>
    /// True if a monotonic transform's network adds a condition to its first sums, activated, and to those inside its residual
    /// blocks: then it is neither read beside the values nor a gate.
    /// </summary>
    public bool AddsCondition { get; init; }

    /// <summary>What a monotonic transform does to a value.</summary>
    public TransformMap Map { get; init; }

    /// <summary>Bins of its splines.</summary>
    public int SplineBins { get; init; } = 8;

    /// <summary>Its splines move what lies between minus this and this.</summary>
    public double Bound { get; init; } = 5;

    /// <summary>The values, the first ones, that a monotonic coupling does not move.</summary>
    public int Passing { get; init; } = 1;

    /// <summary>Which direction of an autoregressive transform takes one pass.</summary>
    public AutoregressiveDirection Direction { get; init; }

    /// <summary>The map that <see cref="Map"/> names.</summary>
    internal MonotonicMap MonotonicMap => Map switch
    {
        TransformMap.SplineZuko => new RationalQuadraticSpline(SplineBins, Bound, SplineParametrization.Zuko),
        TransformMap.SplineNflows => new RationalQuadraticSpline(SplineBins, Bound, SplineParametrization.Nflows),
        TransformMap.SplineFlowjax => new RationalQuadraticSpline(SplineBins, Bound, SplineParametrization.Flowjax),
        TransformMap.AffineFlowjax => new MonotonicAffine(AffineParametrization.Flowjax),
        TransformMap.AffineZuko => new MonotonicAffine(AffineParametrization.Zuko),
        TransformMap.AffineNflowsSigmoid => new MonotonicAffine(AffineParametrization.NflowsSigmoid),
        TransformMap.AffineNflowsSoftplus => new MonotonicAffine(AffineParametrization.NflowsSoftplus),
        _ => new MonotonicAffine(AffineParametrization.Normflows),
    };

    /// <summary>What its network is.</summary>
    internal NetworkChoice Network => new(Hidden, HiddenLayers, Activation, Residual, AddsCondition);
}
