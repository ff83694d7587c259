namespace FlowEngine.Kernels;

/// <remarks>
/// The first ⌊C/2⌋ channels, x₁, pass unchanged and feed the network; the other n = ⌈C/2⌉ are x₂. The network's
/// output is (B, H, W, 2n) holding (r, t) for <see cref="CouplingKind.Affine"/> and (B, H, W, n) holding t for
/// <see cref="CouplingKind.Additive"/>.
/// <code>
/// Affine      s = sigmoid(r + 2);  y₂ = s (x₂ + t);  logDet[b] += Σ log-sigmoid(r + 2)
///             dx₂ = dt = s · dy₂;  dr = (1 - s)(dy₂ · y₂ + dLogDet[b]);  dx₁ = dy₁
/// Additive    y₂ = x₂ + t;  dx₂ = dt = dy₂;  dx₁ = dy₁
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>x to y.</summary>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="output">The network's output for x₁.</param>
    /// <param name="y">(B, H, W, C); may be <paramref name="x"/> itself.</param>
    /// <param name="logDet">(B), added to.</param>
    void CouplingForward(
        CouplingKind kind, ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="output">The network's output for y₁ = x₁.</param>
    /// <param name="x">(B, H, W, C); may be <paramref name="y"/> itself.</param>
    void CouplingInverse(CouplingKind kind, ImageShape shape, BufferView y, BufferView output, BufferView x);

    /// <summary>
    /// The gradients of the coupling without its network: dx₁ is dy₁, to which the network's backward pass adds its part.
    /// </summary>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="y">The output of the forward pass.</param>
    /// <param name="output">The network's output.</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, H, W, C); may be <paramref name="dy"/> itself.</param>
    /// <param name="dOutput">The gradient of <paramref name="output"/>, overwritten.</param>
    void CouplingBackward(
        CouplingKind kind,
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput);
}
