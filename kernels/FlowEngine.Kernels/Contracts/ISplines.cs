namespace FlowEngine.Kernels;

/// <summary>Rational-quadratic splines on one device, a spline for each value.</summary>
/// <remarks>
/// They move the last n of the D = H·W·C values of each image of the batch; the first D - n pass, y = x.
/// A value has a spline of its own, whose raw numbers are the network's output, (B, n, 3K - 1): widths, heights, slopes.
/// The formulae stand at <see cref="RationalQuadraticSpline"/>.
/// <code>
/// Backward    dx = dy · dy/dx + dLogDet[b] · d(ln dy/dx)/dx;   the raw numbers' in the same way;   dx = dy where a value passes
/// </code>
/// Outside [-B, B] the gradients of the raw numbers are 0.
/// </remarks>
public interface ISplines
{
    /// <summary>x to y.</summary>
    /// <param name="spline">Bins, bound and parametrization.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="passing">D - n.</param>
    /// <param name="x">(B, D).</param>
    /// <param name="output">(B, n, 3K - 1).</param>
    /// <param name="y">(B, D), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    void Forward(
        RationalQuadraticSpline spline,
        ImageShape shape,
        int passing,
        BufferView x,
        BufferView output,
        BufferView y,
        BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="spline">Bins, bound and parametrization.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="passing">D - n.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="output">(B, n, 3K - 1).</param>
    /// <param name="x">(B, D), overwritten.</param>
    void Inverse(
        RationalQuadraticSpline spline, ImageShape shape, int passing, BufferView y, BufferView output, BufferView x);

    /// <summary>The gradients of <see cref="Forward"/> by x and by the raw numbers, without the network's.</summary>
    /// <param name="spline">Bins, bound and parametrization.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="passing">D - n.</param>
    /// <param name="x">(B, D).</param>
    /// <param name="output">(B, n, 3K - 1).</param>
    /// <param name="dy">(B, D).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, D), overwritten.</param>
    /// <param name="dOutput">(B, n, 3K - 1), overwritten.</param>
    void Backward(
        RationalQuadraticSpline spline,
        ImageShape shape,
        int passing,
        BufferView x,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput);
}
