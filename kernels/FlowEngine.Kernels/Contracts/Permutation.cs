namespace FlowEngine.Kernels;

public partial interface IBackend
{
    /// <summary>y[p, c] = x[p, permutation[c]]; or, inverted, y[p, permutation[c]] = x[p, c]. LogDet is 0.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="permutation">(C), each of 0 to C - 1 once.</param>
    /// <param name="inverse">Which of the two.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="y">(B, H, W, C), overwritten.</param>
    void PermuteChannels(ImageShape shape, BufferView permutation, bool inverse, BufferView x, BufferView y);
}
