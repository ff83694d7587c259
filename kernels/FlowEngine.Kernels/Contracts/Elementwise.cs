namespace FlowEngine.Kernels;

/// <remarks>
/// An invertible map of every element by itself (<see cref="IElementwiseMap"/>).
/// <code>
/// Forward     y = f(x);   logDet[b] += Σ ln |f'(x)|
/// Inverse     x = f⁻¹(y)
/// Backward    dx = f'(x) dy + dLogDet[b] d(ln |f'(x)|)/dx
/// </code>
/// </remarks>
public partial interface IBackend
{
    /// <summary>x to y.</summary>
    /// <param name="map">The map.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="y">(B, H, W, C), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    void ElementwiseForward(ElementwiseMap map, ImageShape shape, BufferView x, BufferView y, BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="map">The map.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="x">(B, H, W, C), overwritten.</param>
    void ElementwiseInverse(ElementwiseMap map, ImageShape shape, BufferView y, BufferView x);

    /// <summary>The gradient of x.</summary>
    /// <param name="map">The map.</param>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="y">The output of the forward pass.</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, H, W, C), overwritten.</param>
    void ElementwiseBackward(
        ElementwiseMap map, ImageShape shape, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx);
}
