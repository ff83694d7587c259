namespace FlowEngine.Kernels;

/// <remarks>
/// RealNVP's coupling network (Dinh 2017, section 3.4, without its batch normalization): residual blocks of 3x3
/// convolutions, zero outside the image, with weight normalization (Salimans and Kingma 2016).
/// <code>
/// W = r v,  r = e^ls / √(‖v‖² + 10⁻¹²) for each output channel; the last layer's weight is used as it is
/// h = W₀ ∗ x + b₀;  a₀ = relu(h)
/// c_k = relu(W_{2k-1} ∗ a_{k-1} + b);  h += W_{2k} ∗ c_k + b;  a_k = relu(h),   k = 1..K
/// output = W a_K + b
/// </code>
/// Nothing depends on the batch. The backward pass reads a_0..a_K and c_1..c_K alone: where they are positive tells what
/// the rectifiers let through. With G = dW of a channel, q = ‖v‖² + 10⁻¹² and g = ⟨v, G⟩:
/// <code>
/// dv += r (G - v g / q);  dls += r g
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>The elements that the prepared weights of a network take.</summary>
    /// <param name="network">The network.</param>
    long ResidualNetworkPreparedLength(ResidualNetworkShape network);

    /// <summary>Normalizes the weights and lays them out as this backend's products read them.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="prepared"><see cref="ResidualNetworkPreparedLength"/> elements, overwritten.</param>
    void ResidualNetworkPrepare(ResidualNetworkShape network, BufferView parameters, BufferView prepared);

    /// <summary>The elements that a and c of a batch take, in this backend's layout.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of the image.</param>
    long ResidualNetworkKeptLength(ResidualNetworkShape network, ImageShape image);

    /// <summary>The workspace of the passes below, in elements.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of the image.</param>
    /// <param name="backward">True for the backward pass.</param>
    long ResidualNetworkWorkspaceLength(ResidualNetworkShape network, ImageShape image, bool backward);

    /// <summary>x to the output.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="x">(B, H, W, C); the first I channels are read.</param>
    /// <param name="output">(B, H, W, O), overwritten.</param>
    /// <param name="kept">a and c for the backward pass, or empty.</param>
    /// <param name="workspace">Scratch.</param>
    void ResidualNetworkForward(
        ResidualNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace);

    /// <summary>The gradients.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="x">The input of the forward pass.</param>
    /// <param name="kept">What the forward pass kept; may be overwritten.</param>
    /// <param name="dOutput">(B, H, W, O).</param>
    /// <param name="dx">(B, H, W, C); the first I channels are added to.</param>
    /// <param name="gradients">As the parameters, added to.</param>
    /// <param name="workspace">Scratch.</param>
    void ResidualNetworkBackward(
        ResidualNetworkShape network,
        ImageShape image,
        BufferView parameters,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView gradients,
        BufferView workspace);
}
