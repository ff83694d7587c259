namespace FlowEngine.Kernels;

/// <summary>The parameters of a <see cref="PixelNetworkShape"/>, or their gradients, one by one.</summary>
/// <param name="Weight1">(N, 3, 3, I): out, row, column, in.</param>
/// <param name="Bias1">(N).</param>
/// <param name="LogScale1">(N); empty without an inner ActNorm.</param>
/// <param name="Weight2">(N, N): out, in.</param>
/// <param name="Bias2">(N).</param>
/// <param name="LogScale2">(N); empty without an inner ActNorm.</param>
/// <param name="Weight3">(N, 3, 3, O): in, row, column, out.</param>
/// <param name="Bias3">(O).</param>
/// <param name="LogScale3">(O).</param>
public readonly record struct PixelNetworkParameters(
    BufferView Weight1,
    BufferView Bias1,
    BufferView LogScale1,
    BufferView Weight2,
    BufferView Bias2,
    BufferView LogScale2,
    BufferView Weight3,
    BufferView Bias3,
    BufferView LogScale3)
{
    /// <summary>The parts of the array of parameters.</summary>
    /// <param name="shape">The network.</param>
    /// <param name="array"><see cref="NetworkShape.ParametersLength"/> elements.</param>
    public static PixelNetworkParameters Of(PixelNetworkShape shape, BufferView array)
    {
        (int inputs, int hidden, int outputs, bool innerActNorm, _, _) = shape;
        var parts = new ParameterParts(array);
        return new(
            parts.Take(9L * hidden * inputs),
            parts.Take(hidden),
            innerActNorm ? parts.Take(hidden) : default,
            parts.Take((long)hidden * hidden),
            parts.Take(hidden),
            innerActNorm ? parts.Take(hidden) : default,
            parts.Take(9L * hidden * outputs),
            parts.Take(outputs),
            parts.Take(outputs));
    }
}
