using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>Affine coupling (RealNVP, Glow): scales and shifts the second half of the channels.</summary>
/// <remarks>
/// <para>Kingma and Dhariwal, "Glow" (2018), section 3.3, with openai/glow's shift-then-scale and sigmoid(raw + 2).</para>
/// <code>
/// Forward     (raw, shift) = network(x₁);  scale = sigmoid(raw + 2)
///             y₁ = x₁;  y₂ = scale · (x₂ + shift);   logDet[b] += Σ log-sigmoid(raw + 2)
/// Inverse     x₂ = y₂ / scale - shift
/// Backward    dx₂ = dshift = scale · dy₂;  draw = (1 - scale)(dy₂ · y₂ + dLogDet[b])
///             dx₁ = dy₁ + network backward(draw, dshift)
/// </code>
/// </remarks>
/// <param name="name">Its path in the model.</param>
/// <param name="channels">C, at least 2; x₁ is the first ⌊C/2⌋ of them.</param>
/// <param name="network">From ⌊C/2⌋ channels to 2⌈C/2⌉.</param>
/// <exception cref="ArgumentOutOfRangeException">C is below 2, or the network's output does not fit.</exception>
public sealed class AffineCoupling(string name, int channels, Network network)
    : CouplingLayer(name, CouplingKind.Affine, channels, network);
