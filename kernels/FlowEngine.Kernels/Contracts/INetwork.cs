namespace FlowEngine.Kernels;

/// <summary>
/// A function of images, pixel by pixel or by their neighborhoods, on one device: what stands inside a coupling, or
/// gives a prior. It need not be invertible, so it keeps what its backward pass reads.
/// </summary>
/// <remarks>
/// <para>
/// A network holds no arrays: weights, kept activations and scratch memory are the caller's, their lengths, in elements,
/// are asked for here. One serves any number of callers at once, each with arrays of their own. The layouts of prepared
/// weights and of what is kept are the backend's own.
/// </para>
/// <para>
/// x and dx are (B, H, W, C), of which the first I channels are read or added to; output and dOutput (B, H, W, O).
/// </para>
/// </remarks>
public interface INetwork
{
    /// <summary>The elements that the prepared weights take; 0 where the passes read the parameters.</summary>
    /// <param name="backward">False where <see cref="Backward"/> is never run with them.</param>
    long PreparedLength(bool backward);

    /// <summary>Lays the parameters out as this backend's products read them; again after each update.</summary>
    /// <param name="weights">The parameters; the prepared weights are overwritten, and their length tells whether the
    /// backward pass is provided for.</param>
    void Prepare(in NetworkWeights weights);

    /// <summary>The elements that a forward pass keeps for the backward pass.</summary>
    /// <param name="image">The shape of x.</param>
    long KeptLength(ImageShape image);

    /// <summary>The workspace of the passes.</summary>
    /// <param name="image">The shape of x.</param>
    /// <param name="backward">True if the backward pass runs in it too.</param>
    long WorkspaceLength(ImageShape image, bool backward);

    /// <summary>
    /// Sets what depends on data, such as an inner ActNorm, from a batch, and prepares. Networks without such parameters
    /// do nothing.
    /// </summary>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="weights">Parameters and prepared weights, both written.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="kept">Scratch of <see cref="KeptLength"/> elements.</param>
    /// <param name="workspace">As for <see cref="Forward"/>.</param>
    void Initialize(
        ImageShape image, in NetworkWeights weights, BufferView x, BufferView kept, BufferView workspace)
    {
    }

    /// <summary>x to the output.</summary>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="weights">Parameters and prepared weights.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="output">(B, H, W, O), overwritten.</param>
    /// <param name="kept">For the backward pass, or empty.</param>
    /// <param name="workspace">Scratch.</param>
    void Forward(
        ImageShape image,
        in NetworkWeights weights,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace);

    /// <summary>The gradients of the parameters and of x.</summary>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="weights">All of them; the gradients are added to.</param>
    /// <param name="x">The input of the forward pass.</param>
    /// <param name="kept">What the forward pass kept; may be overwritten.</param>
    /// <param name="dOutput">(B, H, W, O).</param>
    /// <param name="dx">(B, H, W, C), added to; empty if it is not wanted.</param>
    /// <param name="workspace">Scratch.</param>
    void Backward(
        ImageShape image,
        in NetworkWeights weights,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView workspace);
}
