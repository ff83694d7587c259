namespace FlowEngine.Kernels;

/// <remarks>
/// <code>
/// Forward     output = e^(3k) (conv3x3(x) + b)
/// Backward    dc = e^(3k) dOutput;  dk += 3 Σ dOutput · output;  db += Σ dc;  dW += Σ dc gᵀ;  dx += convᵀ(dc)
/// </code>
/// g is the patch, whose taps outside the image are 0, or 1 with OutsideReadsOne.
/// </remarks>
public partial interface IBackend
{
    /// <summary>The workspace of the two passes below, in elements.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="image">The shape of the input; its channels are the convolution's.</param>
    long ZeroConvolutionWorkspaceLength(ZeroConvolutionShape convolution, ImageShape image);

    /// <summary>x to output.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="x">(B, H, W, I).</param>
    /// <param name="output">(B, H, W, O), overwritten.</param>
    /// <param name="workspace">Scratch.</param>
    void ZeroConvolutionForward(
        ZeroConvolutionShape convolution,
        ImageShape image,
        in ZeroConvolutionParameters parameters,
        BufferView x,
        BufferView output,
        BufferView workspace);

    /// <summary>The gradients.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="x">The input of the forward pass.</param>
    /// <param name="dOutput">(B, H, W, O).</param>
    /// <param name="dx">(B, H, W, I), added to; empty if the input is a constant.</param>
    /// <param name="gradients">Added to.</param>
    /// <param name="workspace">Scratch.</param>
    void ZeroConvolutionBackward(
        ZeroConvolutionShape convolution,
        ImageShape image,
        in ZeroConvolutionParameters parameters,
        BufferView x,
        BufferView dOutput,
        BufferView dx,
        in ZeroConvolutionParameters gradients,
        BufferView workspace);
}
