namespace FlowEngine.Kernels;

/// <summary>
/// A network and the splines that it gives the raw numbers of as one operation, for rows of a table: what <see cref="INetwork"/>
/// and then <see cref="ISplines"/> compute, to the same bits.
/// </summary>
/// <remarks>
/// The network reads the condition, where it has one, and then the first values of a row: those that pass, or, of a masked
/// network, all D. Of such a one the inverse takes D passes, each from what the one before found.
/// </remarks>
public interface ISplineNetwork
{
    /// <summary>x to y.</summary>
    /// <param name="shape">The shape of x and y, (B, 1, 1, D).</param>
    /// <param name="weights">Parameters and prepared weights of the network.</param>
    /// <param name="condition">(B, N); empty where the network has none.</param>
    /// <param name="x">(B, D).</param>
    /// <param name="y">(B, D), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    /// <param name="output">The raw numbers, (B, n, R), for the backward pass; empty as <paramref name="kept"/>.</param>
    /// <param name="kept">What the network keeps for its backward pass, or empty.</param>
    void Forward(
        ImageShape shape,
        in NetworkWeights weights,
        BufferView condition,
        BufferView x,
        BufferView y,
        BufferView logDet,
        BufferView output,
        BufferView kept);

    /// <summary>y to x.</summary>
    /// <param name="shape">The shape of x and y, (B, 1, 1, D).</param>
    /// <param name="weights">Parameters and prepared weights of the network.</param>
    /// <param name="condition">(B, N); empty where the network has none.</param>
    /// <param name="y">(B, D).</param>
    /// <param name="x">(B, D), overwritten.</param>
    void Inverse(ImageShape shape, in NetworkWeights weights, BufferView condition, BufferView y, BufferView x);
}
