namespace FlowEngine.Kernels;

/// <summary>The parameters of a <see cref="ZeroConvolutionShape"/>, or their gradients, one by one.</summary>
/// <param name="Weight">(O, 3, 3, I): out, row, column, in.</param>
/// <param name="Bias">(O).</param>
/// <param name="LogScale">(O).</param>
public readonly record struct ZeroConvolutionParameters(BufferView Weight, BufferView Bias, BufferView LogScale)
{
    /// <summary>The parts of the array of parameters.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="array"><see cref="NetworkShape.ParametersLength"/> elements.</param>
    public static ZeroConvolutionParameters Of(ZeroConvolutionShape shape, BufferView array)
    {
        var parts = new ParameterParts(array);
        return new(
            parts.Take(9L * shape.InputChannels * shape.OutputChannels),
            parts.Take(shape.OutputChannels),
            parts.Take(shape.OutputChannels));
    }
}
