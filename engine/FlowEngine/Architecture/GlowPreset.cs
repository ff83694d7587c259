namespace FlowEngine.Architecture;

/// <summary>Which Glow: the published codes differ from each other and from the paper.</summary>
public enum GlowPreset
{
    /// <summary>ActNorm inside the coupling network, zero padding, one top prior per channel.</summary>
    Glow,

    /// <summary>
    /// Numerically rosinality/glow-pytorch: biases inside the coupling network; zero convolutions whose taps outside the
    /// image read 1, the top prior's among them.
    /// </summary>
    Rosinality,
}
