namespace FlowEngine.Kernels;

public partial interface IBackend
{
    /// <summary>
    /// Turns each 2x2 block into channels: y[h, w, 4c + 2i + j] = x[2h + i, 2w + j, c]. LogDet is 0.
    /// </summary>
    /// <param name="shape">The shape of <paramref name="x"/>; height and width are even.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="y">(B, H/2, W/2, 4C).</param>
    void SqueezeForward(ImageShape shape, BufferView x, BufferView y);

    /// <summary>The inverse permutation; also what turns dy into dx.</summary>
    /// <param name="shape">The shape of <paramref name="x"/>.</param>
    /// <param name="y">(B, H/2, W/2, 4C).</param>
    /// <param name="x">(B, H, W, C).</param>
    void SqueezeInverse(ImageShape shape, BufferView y, BufferView x);
}
