namespace FlowEngine.Kernels;

/// <summary>What <see cref="IBackend.GetNetwork"/> gives for a <see cref="PixelNetworkShape"/>.</summary>
/// <remarks>
/// The last convolution is computed as nine tap values per pixel, 9·O, shifted and added afterwards, so that no hidden
/// activation is needed from a neighbor. <see cref="IPixelStage"/> adds them in the same pass that runs the coupling.
/// </remarks>
public interface IPixelNetwork : INetwork
{
    /// <summary>x to tap values, in this backend's layout.</summary>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="weights">Prepared weights.</param>
    /// <param name="x">(B, H, W, C); the first I channels are read.</param>
    /// <param name="kept">h₁ and h₂ for the backward pass, or empty.</param>
    /// <param name="workspace">As for <see cref="INetwork.Forward"/>.</param>
    /// <returns>The taps: a part of the workspace.</returns>
    BufferView ForwardToTaps(
        ImageShape image, in NetworkWeights weights, BufferView x, BufferView kept, BufferView workspace);

    /// <summary>
    /// Mean and population standard deviation of c₁ or c₂ per hidden channel over all pixels, in float64: what an inner
    /// ActNorm is initialized from. c₂ is of the h₁ that the prepared weights give.
    /// </summary>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="weights">Prepared weights; the ActNorm of the layer is zero there (b = ls = 0).</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="layer">1 or 2.</param>
    /// <param name="mean">(N), overwritten.</param>
    /// <param name="deviation">(N), overwritten.</param>
    /// <param name="kept">Scratch of <see cref="INetwork.KeptLength"/> elements.</param>
    /// <param name="workspace">As for <see cref="INetwork.Forward"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="layer"/> is neither 1 nor 2.</exception>
    void Statistics(
        ImageShape image,
        in NetworkWeights weights,
        BufferView x,
        int layer,
        BufferView mean,
        BufferView deviation,
        BufferView kept,
        BufferView workspace);

    /// <summary>The stage of a coupling whose network this is.</summary>
    /// <param name="kind">Affine or additive.</param>
    IPixelStage Stage(CouplingKind kind);
}
