namespace FlowEngine.Kernels;

/// <summary>Whose definition of scale and shift a <see cref="MonotonicAffine"/> is; the formulae stand there.</summary>
public enum AffineParametrization
{
    /// <summary>zuko's MonotonicAffineTransform: no scale leaves a range of 1,000 and its inverse.</summary>
    Zuko,

    /// <summary>nflows' AffineCouplingTransform.</summary>
    NflowsSigmoid,

    /// <summary>nflows' MaskedAffineAutoregressiveTransform.</summary>
    NflowsSoftplus,

    /// <summary>normflows' MaskedAffineFlow, from data to noise.</summary>
    Normflows,

    /// <summary>flowjax's Affine; what it adds to the raw number is in the bias of the network.</summary>
    Flowjax,
}
