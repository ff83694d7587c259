using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>Additive coupling (NICE, Glow's default): shifts the second half of the channels. LogDet is 0.</summary>
/// <remarks>
/// <para>Dinh, Krueger and Bengio, "NICE" (2014), section 3.2.</para>
/// <code>
/// Forward     y₁ = x₁;  y₂ = x₂ + network(x₁)
/// Inverse     x₂ = y₂ - network(y₁)
/// Backward    dx₂ = dshift = dy₂;  dx₁ = dy₁ + network backward(dshift)
/// </code>
/// </remarks>
/// <param name="name">Its path in the model.</param>
/// <param name="channels">C, at least 2; x₁ is the first ⌊C/2⌋ of them.</param>
/// <param name="network">From ⌊C/2⌋ channels to ⌈C/2⌉.</param>
/// <exception cref="ArgumentOutOfRangeException">C is below 2, or the network's output does not fit.</exception>
public sealed class AdditiveCoupling(string name, int channels, ICouplingNetwork network)
    : CouplingLayer(name, CouplingKind.Additive, channels, network);
