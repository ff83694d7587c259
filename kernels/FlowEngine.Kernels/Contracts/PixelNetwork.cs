namespace FlowEngine.Kernels;

/// <remarks>
/// Glow's coupling network, a multilayer perceptron on 3x3 patches. g(p) is the patch of x₁ around pixel p, 9·I values,
/// zero outside the image; tap (i, j) reads pixel (row + i - 1, column + j - 1).
/// <code>
/// c₁ = W₁ g;   h₁ = relu(e^ls₁ (c₁ + b₁))   with an inner ActNorm,   relu(c₁ + b₁)   without
/// c₂ = W₂ h₁;  h₂ likewise
/// c₃ = Σ_taps W₃[:, tap, :]ᵀ h₂(p + tap);  a tap outside the image reads h₂ = 0, or 1 with OutsideReadsOne
/// output = e^(3 ls₃) (c₃ + b₃)
/// </code>
/// Scales are folded into the weights when they are prepared: with W' = e^ls W and b' = e^ls b (or b) the layer is
/// y = W' x + b', and the gradients follow from dW' and db' alone: dW = e^ls dW', db = e^ls db',
/// dls = ⟨W', dW'⟩ + b' db' row by row, since Σ dy · y = Σ dy (W' x + b'); three times that for ls₃.
/// The last convolution is computed as nine tap values per pixel, 9·O, shifted and added afterwards, so that no hidden
/// activation is needed from a neighbor.
/// </remarks>
public partial interface IBackend
{
    /// <summary>The elements that the prepared weights of a network take.</summary>
    /// <param name="network">The network.</param>
    /// <param name="backward">False where the backward pass is never run with them.</param>
    long PixelNetworkPreparedLength(PixelNetworkShape network, bool backward);

    /// <summary>Folds the scales into the weights and lays them out as this backend's products read them.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="prepared"><see cref="PixelNetworkPreparedLength"/> elements, overwritten: its length tells whether the
    /// backward pass is provided for.</param>
    void PixelNetworkPrepare(PixelNetworkShape network, in PixelNetworkParameters parameters, BufferView prepared);

    /// <summary>The elements that the hidden activations of a batch take, in this backend's layout.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of the image; its channels may be more than the network reads.</param>
    long PixelNetworkKeptLength(PixelNetworkShape network, ImageShape image);

    /// <summary>The elements that the tap values of a batch take, in this backend's layout.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of the image.</param>
    long PixelNetworkTapsLength(PixelNetworkShape network, ImageShape image);

    /// <summary>The workspace of the passes below, in elements.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of the image.</param>
    /// <param name="backward">True if the backward pass runs in it too.</param>
    long PixelNetworkWorkspaceLength(PixelNetworkShape network, ImageShape image, bool backward);

    /// <summary>x₁ to tap values.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="x">(B, H, W, C); the first I channels are read.</param>
    /// <param name="taps"><see cref="PixelNetworkTapsLength"/> elements, overwritten.</param>
    /// <param name="kept">h₁ and h₂ for the backward pass, or empty.</param>
    /// <param name="workspace">Scratch.</param>
    void PixelNetworkForward(
        PixelNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView taps,
        BufferView kept,
        BufferView workspace);

    /// <summary>Shifts and adds the tap values: the network's output.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of the image.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="taps">From <see cref="PixelNetworkForward"/>.</param>
    /// <param name="output">(B, H, W, O), overwritten.</param>
    void PixelNetworkTapAdd(
        PixelNetworkShape network, ImageShape image, BufferView prepared, BufferView taps, BufferView output);

    /// <summary>The gradients of the whole network, tap addition included.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="x">The input of the forward pass.</param>
    /// <param name="kept">What the forward pass kept; may be overwritten.</param>
    /// <param name="dOutput">(B, H, W, O).</param>
    /// <param name="dx">(B, H, W, C); the first I channels are added to.</param>
    /// <param name="gradients">Added to.</param>
    /// <param name="workspace">Scratch.</param>
    void PixelNetworkBackward(
        PixelNetworkShape network,
        ImageShape image,
        in PixelNetworkParameters parameters,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        in PixelNetworkParameters gradients,
        BufferView workspace);

    /// <summary>
    /// Mean and population standard deviation of c₁ or c₂ per hidden channel over all pixels, in float64: what an inner
    /// ActNorm is initialized from. c₂ is of the h₁ that <paramref name="prepared"/> gives.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="prepared">Prepared weights whose ActNorm of <paramref name="layer"/> is zero (b = ls = 0).</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="layer">1 or 2.</param>
    /// <param name="mean">(N), overwritten.</param>
    /// <param name="deviation">(N), overwritten.</param>
    /// <param name="kept">Scratch of <see cref="PixelNetworkKeptLength"/> elements.</param>
    /// <param name="workspace">Scratch.</param>
    void PixelNetworkStatistics(
        PixelNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        int layer,
        BufferView mean,
        BufferView deviation,
        BufferView kept,
        BufferView workspace);
}
