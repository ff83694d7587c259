namespace FlowEngine.Kernels;

/// <summary>The sizes of a 3x3 convolution that starts at zero and has an output scale.</summary>
/// <remarks>
/// <code>
/// Forward     output = e^(3k) (conv3x3(x) + b)
/// Backward    dc = e^(3k) dOutput;  dk += 3 Σ dOutput · output;  db += Σ dc;  dW += Σ dc gᵀ;  dx += convᵀ(dc)
/// </code>
/// g is the patch, whose taps outside the image are 0, or 1 with OutsideReadsOne. x has exactly I channels. The passes
/// read the parameters: nothing is prepared, and nothing is kept.
/// </remarks>
/// <param name="InputChannels">I.</param>
/// <param name="OutputChannels">O.</param>
/// <param name="OutsideReadsOne">True: taps outside the image read 1; false: they read 0.</param>
public sealed record ZeroConvolutionShape(int InputChannels, int OutputChannels, bool OutsideReadsOne)
    : NetworkShape(InputChannels, OutputChannels, Conditions: 0)
{
    /// <inheritdoc/>
    public override long Multiplications => (long)WindowTaps * InputChannels * OutputChannels;

    /// <inheritdoc/>
    public override long ParametersLength =>
        Aligned((long)WindowTaps * InputChannels * OutputChannels) + (2 * Aligned(OutputChannels));

    /// <inheritdoc/>
    public override IEnumerable<NetworkParameter> Parameters =>
    [
        new("weight", [OutputChannels, 3, 3, InputChannels]) { FileAxes = [0, 3, 1, 2] },
        new("bias", [OutputChannels]),
        new("log_scale", [OutputChannels]),
    ];
}
