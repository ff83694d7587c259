namespace FlowEngine.Kernels;

/// <remarks>
/// What stands between two coupling networks, in one pass over the pixels: the shift and add of the taps, the coupling,
/// its LogDet, and the affine map of the next step. Equal to <see cref="IBackend.PixelNetworkTapAdd"/>, the coupling
/// and <see cref="IBackend.PixelAffineForward"/> one after the other.
/// </remarks>
public partial interface IBackend
{
    /// <summary>y = next(coupling(x)); without <paramref name="next"/>, y = coupling(x).</summary>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="network">The network.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="prepared">The network's prepared weights.</param>
    /// <param name="taps">The network's tap values for x₁.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="next">The next step's affine map, or empty.</param>
    /// <param name="output">Receives the network's output, (B, H, W, O), if not empty.</param>
    /// <param name="coupled">Receives coupling(x), (B, H, W, C), if not empty.</param>
    /// <param name="y">(B, H, W, C); may be <paramref name="x"/> itself.</param>
    /// <param name="logDet">(B), added to.</param>
    void PixelStageForward(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView x,
        in PixelAffineMap next,
        BufferView output,
        BufferView coupled,
        BufferView y,
        BufferView logDet);

    /// <summary>x = map⁻¹(coupling⁻¹(y)): one whole step undone.</summary>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="network">The network.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="prepared">The network's prepared weights.</param>
    /// <param name="taps">The network's tap values for y₁.</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="map">The step's own affine map, assembled with its inverse.</param>
    /// <param name="x">(B, H, W, C); may be <paramref name="y"/> itself.</param>
    /// <param name="squeeze">
    /// True if x is as it is before the squeeze that precedes the map, (B, 2H, 2W, C/4); then it is not y.
    /// </param>
    void PixelStageInverse(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView x,
        bool squeeze = false);

    /// <summary>
    /// <see cref="CouplingBackward"/> from tap values instead of a kept output, which also undoes the step:
    /// x = map⁻¹(coupling⁻¹(y)). The network's part of dx₁ and the map's backward pass are still to come.
    /// </summary>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="network">The network.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="prepared">The network's prepared weights.</param>
    /// <param name="taps">The network's tap values for y₁.</param>
    /// <param name="y">The output of the coupling.</param>
    /// <param name="map">The step's own affine map, assembled with its inverse.</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="x">(B, H, W, C), the step's input; not <paramref name="y"/>.</param>
    /// <param name="dx">The gradient at the coupling's input; may be <paramref name="dy"/> itself.</param>
    /// <param name="dOutput">(B, H, W, O), overwritten.</param>
    /// <param name="squeeze">
    /// True if x, but not dx, is as it is before the squeeze that precedes the map, (B, 2H, 2W, C/4).
    /// </param>
    void PixelStageBackward(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx,
        BufferView dOutput,
        bool squeeze = false);
}
