namespace FlowEngine.Priors;

/// <summary>The family of a latent's distribution.</summary>
public enum PriorKind
{
    /// <summary>A Gaussian in each dimension.</summary>
    Gaussian,

    /// <summary>The standard logistic distribution in each dimension.</summary>
    Logistic,

    /// <summary>A Gaussian in each dimension, with a mean and a scale that are learned.</summary>
    Diagonal,

    /// <summary>The uniform distribution in a box: log densities are -∞ beside it.</summary>
    Uniform,
}
