namespace FlowEngine.Kernels;

/// <summary>
/// What stands between two coupling networks, in one pass over the pixels: the shift and add of the taps, the coupling,
/// its LogDet, and the affine map of the next step.
/// </summary>
/// <remarks>
/// Equal to the sum of the taps, the coupling and <see cref="IPixelAffine.Forward"/> one after the other. The taps
/// are those of <see cref="IPixelNetwork.ForwardToTaps"/> for the first half of the channels, which the coupling leaves as
/// it is; of the weights the prepared ones are read.
/// </remarks>
public interface IPixelStage
{
    /// <summary>y = next(coupling(x)); without <paramref name="next"/>, y = coupling(x).</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="taps">The network's tap values for x₁.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="next">The next step's affine map, which does not squeeze, or empty.</param>
    /// <param name="output">Receives the network's output, (B, H, W, O), if not empty.</param>
    /// <param name="coupled">Receives coupling(x), (B, H, W, C), if not empty.</param>
    /// <param name="y">(B, H, W, C); may be <paramref name="x"/> itself.</param>
    /// <param name="logDet">(B), added to.</param>
    void Forward(
        ImageShape shape,
        in NetworkWeights weights,
        BufferView taps,
        BufferView x,
        in PixelAffineMap next,
        BufferView output,
        BufferView coupled,
        BufferView y,
        BufferView logDet);

    /// <summary>x = map⁻¹(coupling⁻¹(y)): one whole step undone.</summary>
    /// <param name="shape">The shape of y, and of x unless the map squeezes.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="taps">The network's tap values for y₁.</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="map">The step's own affine map, assembled with its inverse.</param>
    /// <param name="x">As the map's input; may be <paramref name="y"/> itself unless the map squeezes.</param>
    void Inverse(
        ImageShape shape,
        in NetworkWeights weights,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView x);

    /// <summary>
    /// <see cref="IBackend.CouplingBackward"/> from tap values instead of a kept output, which also undoes the step:
    /// x = map⁻¹(coupling⁻¹(y)). The network's part of dx₁ and the map's backward pass are still to come.
    /// </summary>
    /// <param name="shape">The shape of y, and of x unless the map squeezes.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="taps">The network's tap values for y₁.</param>
    /// <param name="y">The output of the coupling.</param>
    /// <param name="map">The step's own affine map, assembled with its inverse.</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="x">The step's input, as the map's; not <paramref name="y"/>.</param>
    /// <param name="dx">The gradient at the coupling's input, (B, H, W, C), never squeezed; may be <paramref name="dy"/>
    /// itself.</param>
    /// <param name="dOutput">(B, H, W, O), overwritten.</param>
    void Backward(
        ImageShape shape,
        in NetworkWeights weights,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx,
        BufferView dOutput);
}
