namespace FlowEngine.Kernels;

/// <remarks>
/// A dense network over the rows of a batch: every pixel of an image is a row.
/// <code>
/// h₀ = the first I channels of x;  h_l = max(W_l h_{l-1} + b_l, 0);  output = W_L h_{L-1} + b_L
/// d_L = dOutput;  dW_l += Σ d_l h_{l-1}ᵀ inside the mask;  db_l += Σ d_l;  d_{l-1} = [h_{l-1} > 0] W_lᵀ d_l;  dx += d₀
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>The elements that the prepared weights of a network take.</summary>
    /// <param name="network">The network.</param>
    long DenseNetworkPreparedLength(DenseNetworkShape network);

    /// <summary>Masks the weights and lays them out as this backend's products read them.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="prepared"><see cref="DenseNetworkPreparedLength"/> elements, overwritten.</param>
    void DenseNetworkPrepare(DenseNetworkShape network, BufferView parameters, BufferView prepared);

    /// <summary>The elements that the hidden activations of a batch take, in this backend's layout.</summary>
    /// <param name="network">The network.</param>
    /// <param name="rows">Rows of the batch.</param>
    long DenseNetworkKeptLength(DenseNetworkShape network, int rows);

    /// <summary>The workspace of the passes below, in elements.</summary>
    /// <param name="network">The network.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="backward">True if the backward pass runs in it too.</param>
    long DenseNetworkWorkspaceLength(DenseNetworkShape network, int rows, bool backward);

    /// <summary>x to the output.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="x">(rows, C); the first I channels are read.</param>
    /// <param name="output">(rows, O), overwritten.</param>
    /// <param name="kept">The hidden activations, for the backward pass, or empty.</param>
    /// <param name="workspace">Scratch.</param>
    void DenseNetworkForward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace);

    /// <summary>The gradients.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="x">The input of the forward pass.</param>
    /// <param name="kept">What the forward pass kept; may be overwritten.</param>
    /// <param name="dOutput">(rows, O).</param>
    /// <param name="dx">(rows, C); the first I channels are added to. Empty if it is not wanted.</param>
    /// <param name="gradients">As the parameters, added to.</param>
    /// <param name="workspace">Scratch.</param>
    void DenseNetworkBackward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView gradients,
        BufferView workspace);
}
