namespace FlowEngine.Kernels;

/// <summary>
/// What widths, heights and slopes of a <see cref="RationalQuadraticSpline"/> are of the raw numbers of a network: the
/// definitions of the libraries that have it.
/// </summary>
public enum SplineParametrization
{
    /// <summary>zuko's: raw numbers of 0 give the identity, and no bin, no slope can leave a range of 1,000.</summary>
    Zuko,

    /// <summary>That of nflows and normflows, from the paper's authors: softmax and softplus above a least size.</summary>
    Nflows,

    /// <summary>
    /// That of flowjax's RationalQuadraticSpline: as nflows' but for other least sizes, a first and a last bin that share one
    /// size, and slopes at both ends that are free.
    /// </summary>
    Flowjax,
}
