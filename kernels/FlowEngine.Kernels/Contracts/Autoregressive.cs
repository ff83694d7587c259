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
/// Where (m, r) come from the side that is known, one pass of the network serves all dimensions; where they come from
/// the side that is wanted, see <see cref="IAutoregressiveNetwork"/>.
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

    /// <summary>The gradients of <see cref="AutoregressiveNormalize"/>, without that of the network.</summary>
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
}
