namespace FlowEngine.Kernels;

/// <remarks>
/// Images scaled to [-½, ½) to the whole line (Dinh 2017, section 4.1): p = α + (1 - 2α)(x + ½).
/// <code>
/// Forward     y = ln p - ln(1 - p);   logDet[b] += Σ ln(1 - 2α) - ln p - ln(1 - p)
/// Inverse     x = (sigmoid(y) - α) / (1 - 2α) - ½
/// Backward    dx = (1 - 2α) / (p (1 - p)) · (dy + (2p - 1) dLogDet[b])
/// </code>
/// An x whose p is not between 0 and 1 has no density: y is 0 there and logDet -infinity.
/// </remarks>
public partial interface IBackend
{
    /// <summary>x to y.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="margin">α, between 0 and ½.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="y">(B, H, W, C), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    void LogitForward(ImageShape shape, double margin, BufferView x, BufferView y, BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="margin">α.</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="x">(B, H, W, C), overwritten.</param>
    void LogitInverse(ImageShape shape, double margin, BufferView y, BufferView x);

    /// <summary>The gradient of x.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="margin">α.</param>
    /// <param name="y">The output of the forward pass.</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, H, W, C), overwritten.</param>
    void LogitBackward(
        ImageShape shape, double margin, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx);
}
