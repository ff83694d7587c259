using FlowEngine.Kernels;

namespace FlowEngine.Architecture;

/// <summary>What a monotonic coupling or autoregressive transform does to a value.</summary>
public enum TransformMap
{
    /// <summary>zuko's rational-quadratic spline.</summary>
    SplineZuko,

    /// <summary>That of nflows and normflows.</summary>
    SplineNflows,

    /// <summary><see cref="AffineParametrization.Zuko"/>.</summary>
    AffineZuko,

    /// <summary><see cref="AffineParametrization.NflowsSigmoid"/>.</summary>
    AffineNflowsSigmoid,

    /// <summary><see cref="AffineParametrization.NflowsSoftplus"/>.</summary>
    AffineNflowsSoftplus,

    /// <summary><see cref="AffineParametrization.Normflows"/>.</summary>
    AffineNormflows,

    /// <summary>flowjax's rational-quadratic spline.</summary>
    SplineFlowjax,

    /// <summary><see cref="AffineParametrization.Flowjax"/>.</summary>
    AffineFlowjax,
}
