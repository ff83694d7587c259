namespace FlowEngine.Kernels;

/// <summary>
/// A network of which the outputs of a dimension read the dimensions before it: what <see cref="IBackend.GetNetwork"/>
/// gives for a <see cref="DenseNetworkShape"/> that is autoregressive.
/// </summary>
/// <remarks>
/// With the map of <see cref="IBackend.AutoregressiveNormalize"/>, where (m, r) come from the side that is wanted, the
/// dimensions follow one another; each hidden unit is computed once, when the last value it reads is known, so that all of
/// them together cost the arithmetic of one pass.
/// </remarks>
public interface IAutoregressiveNetwork : INetwork
{
    /// <summary>The workspace of the two passes below, in elements.</summary>
    /// <param name="rows">B.</param>
    long SolveWorkspaceLength(int rows);

    /// <summary>
    /// Dimension after dimension, with (m, r) of what is found: found = known e^a + m, or, to normalize,
    /// found = (known - m) e^(-a).
    /// </summary>
    /// <param name="shape">The shape of <paramref name="known"/>.</param>
    /// <param name="weights">Parameters and prepared weights.</param>
    /// <param name="condition">(B, <see cref="NetworkShape.Conditions"/>); empty where there are none.</param>
    /// <param name="normalize">Which of the two.</param>
    /// <param name="known">(B, D).</param>
    /// <param name="found">(B, D), overwritten; not <paramref name="known"/>.</param>
    /// <param name="output">(B, D, 2): the network's output for what is found.</param>
    /// <param name="workspace">Scratch.</param>
    void Solve(
        ImageShape shape,
        in NetworkWeights weights,
        BufferView condition,
        bool normalize,
        BufferView known,
        BufferView found,
        BufferView output,
        BufferView workspace);

    /// <summary>
    /// The backward pass of y found by normalizing, y_d = (x_d - m_d(y)) e^(-a_d(y)) with LogDet -Σ a: the last
    /// dimension first, dx_d = (dy_d + n_d) e^(-a_d), where n is what the network's backward pass makes of dm_j = -dx_j
    /// and dr_j = -(dx_j y_j e^(a_j) + dLogDet) / (1 + |r_j|/c)², j &gt; d. The network's backward pass on dOutput then
    /// gives the gradients of its parameters.
    /// </summary>
    /// <param name="shape">The shape of <paramref name="y"/>.</param>
    /// <param name="weights">Parameters and prepared weights.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="output">(B, D, 2): the network's output for y.</param>
    /// <param name="kept">What the network's forward pass on y kept.</param>
    /// <param name="dy">(B, D).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, D), overwritten.</param>
    /// <param name="dOutput">(B, D, 2), overwritten.</param>
    /// <param name="workspace">Scratch.</param>
    void SolveBackward(
        ImageShape shape,
        in NetworkWeights weights,
        BufferView y,
        BufferView output,
        BufferView kept,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView workspace);
}
