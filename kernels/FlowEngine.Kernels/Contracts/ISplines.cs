namespace FlowEngine.Kernels;

/// <summary>Splines and other monotonic maps on one device, a map for each value.</summary>
/// <remarks>
/// They move the last n of the D = H·W·C values of each image of the batch; the first D - n pass, y = x.
/// A value has a map of its own, whose R raw numbers are the network's output, (B, n, R): of a spline widths, heights, slopes.
/// The formulae stand at <see cref="RationalQuadraticSpline"/> and <see cref="MonotonicAffine"/>.
/// <code>
/// Backward    dx = dy · dy/dx + dLogDet[b] · d(ln dy/dx)/dx;   the raw numbers' in the same way;   dx = dy where a value passes
/// </code>
/// Outside the bound of a spline the gradients of its raw numbers are 0.
/// </remarks>
public interface ISplines
{
    /// <summary>x to y.</summary>
    /// <param name="map">The kind of map.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="passing">D - n.</param>
    /// <param name="x">(B, D).</param>
    /// <param name="output">(B, n, R).</param>
    /// <param name="y">(B, D), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    void Forward(
        MonotonicMap map,
        ImageShape shape,
        int passing,
        BufferView x,
        BufferView output,
        BufferView y,
        BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="map">The kind of map.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="passing">D - n.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="output">(B, n, R).</param>
    /// <param name="x">(B, D), overwritten.</param>
    void Inverse(
        MonotonicMap map, ImageShape shape, int passing, BufferView y, BufferView output, BufferView x);

    /// <summary>The gradients of <see cref="Forward"/> by x and by the raw numbers, without the network's.</summary>
    /// <param name="map">The kind of map.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="passing">D - n.</param>
    /// <param name="x">(B, D).</param>
    /// <param name="output">(B, n, R).</param>
    /// <param name="dy">(B, D).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, D), overwritten.</param>
    /// <param name="dOutput">(B, n, R), overwritten.</param>
    void Backward(
        MonotonicMap map,
        ImageShape shape,
        int passing,
        BufferView x,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput);

    /// <summary>A network and its maps as one operation; it lives as long as the backend.</summary>
    /// <param name="network">The network.</param>
    /// <param name="map">The kind of map that it gives the raw numbers of.</param>
    /// <param name="dims">D, the values of a row.</param>
    /// <param name="passing">D - n.</param>
    /// <returns>Null where this device runs the two one after the other.</returns>
    ISplineNetwork? GetNetwork(NetworkShape network, MonotonicMap map, int dims, int passing) => null;
}
