namespace FlowEngine.Kernels;

/// <summary>The parameters of a <see cref="ZeroConvolutionShape"/>, or their gradients.</summary>
/// <param name="Weight">(O, 3, 3, I): out, row, column, in.</param>
/// <param name="Bias">(O).</param>
/// <param name="LogScale">(O).</param>
public readonly record struct ZeroConvolutionParameters(BufferView Weight, BufferView Bias, BufferView LogScale);
