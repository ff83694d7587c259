namespace FlowEngine.Kernels;

/// <remarks>
/// The affine map of masked autoregressive flows. An autoregressive network gives (m, r), interleaved, for each
/// dimension of a row of D values; D = H·W·C, and the rows are the images of the batch.
/// <code>
/// Log scale   a_d = r_d / (1 + |r_d|/c), c = 3
/// Normalize   y_d = (x_d - m_d) e^(-a_d);  logDet[b] -= Σ a_d            the inverse: x_d = y_d e^(a_d) + m_d
/// Backward    dx_d = dy_d e^(-a_d);  dm_d = -dx_d;  dr_d = -(dy_d y_d + dLogDet[b]) / (1 + |r_d|/c)²
/// </code>
/// The papers take a = r. A row that training saw little of then leaves the range of floats after a few layers, since
/// networks of rectifiers grow without bound; near zero, where training keeps them, a and r agree.
/// Where (m, r) come from the side that is known, one pass of the network serves all dimensions. Where they come from
/// the side that is wanted, the dimensions follow one another; each hidden unit is computed once, when the last value
/// it reads is known, so that all of them together cost the arithmetic of one pass.
/// </remarks>
public partial interface IBackend
{
    /// <summary>x to y = (x - m) e^(-a), and LogDet.</summary>
    /// <param name="shape">The shape of <paramref name="x"/>.</param>
    /// <param name="x">(B, D).</param>
    /// <param name="output">(B, D, 2), m then r.</param>
    /// <param name="y">(B, D), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    void AutoregressiveNormalize(ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet);

    /// <summary>y to x = y e^a + m.</summary>
    /// <param name="shape">The shape of <paramref name="y"/>.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="output">(B, D, 2), m then r.</param>
    /// <param name="x">(B, D), overwritten.</param>
    void AutoregressiveDenormalize(ImageShape shape, BufferView y, BufferView output, BufferView x);

    /// <summary>The gradients of <see cref="AutoregressiveNormalize"/> alone, without the network's.</summary>
    /// <param name="shape">The shape of <paramref name="y"/>.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="output">(B, D, 2).</param>
    /// <param name="dy">(B, D).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, D), overwritten.</param>
    /// <param name="dOutput">(B, D, 2), overwritten.</param>
    void AutoregressiveBackward(
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput);

    /// <summary>The workspace of the two passes below, in elements.</summary>
    /// <param name="network">An autoregressive network.</param>
    /// <param name="rows">B.</param>
    long AutoregressiveSolveWorkspaceLength(DenseNetworkShape network, int rows);

    /// <summary>
    /// Dimension after dimension, with (m, r) of what is found: found = known e^a + m, or, to normalize,
    /// found = (known - m) e^(-a).
    /// </summary>
    /// <param name="network">An autoregressive network of D dimensions.</param>
    /// <param name="shape">The shape of <paramref name="known"/>.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="condition">(B, <see cref="DenseNetworkShape.Conditions"/>); empty where there are none.</param>
    /// <param name="normalize">Which of the two.</param>
    /// <param name="known">(B, D).</param>
    /// <param name="found">(B, D), overwritten; not <paramref name="known"/>.</param>
    /// <param name="output">(B, D, 2): the network's output for what is found.</param>
    /// <param name="workspace">Scratch.</param>
    void AutoregressiveSolve(
        DenseNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView condition,
        bool normalize,
        BufferView known,
        BufferView found,
        BufferView output,
        BufferView workspace);

    /// <summary>
    /// The backward pass of y found by normalizing, y_d = (x_d - m_d(y)) e^(-a_d(y)) with LogDet -Σ a: the last
    /// dimension first, dx_d = (dy_d + n_d) e^(-a_d), where n is what the network's backward pass makes of dm_j = -dx_j
    /// and dr_j = -(dx_j y_j e^(a_j) + dLogDet) / (1 + |r_j|/c)², j &gt; d. The network's backward pass on dOutput then gives the
    /// gradients of its parameters.
    /// </summary>
    /// <param name="network">An autoregressive network of D dimensions.</param>
    /// <param name="shape">The shape of <paramref name="y"/>.</param>
    /// <param name="prepared">The prepared weights.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="output">(B, D, 2): the network's output for y.</param>
    /// <param name="kept">What the network's forward pass on y kept.</param>
    /// <param name="dy">(B, D).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, D), overwritten.</param>
    /// <param name="dOutput">(B, D, 2), overwritten.</param>
    /// <param name="workspace">Scratch.</param>
    void AutoregressiveSolveBackward(
        DenseNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView y,
        BufferView output,
        BufferView kept,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView workspace);
}
