namespace FlowEngine.Latents;

/// <summary>How a path runs between two latents.</summary>
public enum PathKind
{
    /// <summary>On an arc: the length changes evenly from one latent's to the other's, so that points between are as
    /// typical of the prior as the ends. A straight line would pass through latents that are too short.</summary>
    Spherical,

    /// <summary>On a straight line.</summary>
    Linear,
}
