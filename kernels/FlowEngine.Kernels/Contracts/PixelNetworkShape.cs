namespace FlowEngine.Kernels;

/// <summary>The sizes of Glow's coupling network: 3x3 convolution, 1x1 convolution, 3x3 convolution.</summary>
/// <remarks>
/// A multilayer perceptron on 3x3 patches. g(p) is the patch of x around pixel p, 9·I values, zero outside the image;
/// tap (i, j) reads pixel (row + i - 1, column + j - 1).
/// <code>
/// c₁ = W₁ g;   h₁ = relu(e^ls₁ (c₁ + b₁))   with an inner ActNorm,   relu(c₁ + b₁)   without
/// c₂ = W₂ h₁;  h₂ likewise
/// c₃ = Σ_taps W₃[:, tap, :]ᵀ h₂(p + tap);  a tap outside the image reads h₂ = 0, or 1 with OutsideReadsOne
/// output = e^(3 ls₃) (c₃ + b₃)
/// </code>
/// Scales are folded into the weights when they are prepared: with W' = e^ls W and b' = e^ls b (or b) the layer is
/// y = W' x + b', and the gradients follow from dW' and db': dW = e^ls dW', db = e^ls db',
/// dls = ⟨W', dW'⟩ + b' db' row by row, since Σ dy · y = Σ dy (W' x + b'); three times that for ls₃.
/// <para>
/// Hidden weights start from N(0, 0.05²), the last convolution from zero, so that every coupling starts as a fixed affine
/// map. The parameters one by one are <see cref="PixelNetworkParameters"/>.
/// </para>
/// </remarks>
/// <param name="InputChannels">I.</param>
/// <param name="Hidden">Hidden channels, N.</param>
/// <param name="OutputChannels">O.</param>
/// <param name="InnerActNorm">True: an ActNorm after each hidden convolution, as openai/glow has it; false: a bias, as
/// rosinality/glow-pytorch.</param>
/// <param name="OutsideReadsOne">
/// True: taps of the last convolution outside the image read 1; false: they read 0.
/// </param>
/// <param name="Conditions">How many of the inputs, the first ones, are a condition.</param>
public sealed record PixelNetworkShape(
    int InputChannels, int Hidden, int OutputChannels, bool InnerActNorm, bool OutsideReadsOne, int Conditions = 0)
    : NetworkShape(InputChannels, OutputChannels, Conditions)
{
    private const double InitialDeviation = 0.05;

    /// <summary>N.</summary>
    public int Hidden { get; init; } = Positive(Hidden, nameof(Hidden));

    /// <inheritdoc/>
    public override IEnumerable<NetworkParameter> Parameters
    {
        get
        {
            string norm = InnerActNorm ? ".actnorm" : string.Empty;
            yield return new("conv1.weight", [Hidden, 3, 3, InputChannels])
            {
                FileAxes = [0, 3, 1, 2],
                Deviation = _ => InitialDeviation,
            };
            yield return new($"conv1{norm}.bias", [Hidden]);
            if (InnerActNorm)
            {
                yield return new("conv1.actnorm.log_scale", [Hidden]);
            }

            yield return new("conv2.weight", [Hidden, 1, 1, Hidden])
            {
                FileAxes = [0, 3, 1, 2],
                Deviation = _ => InitialDeviation,
            };
            yield return new($"conv2{norm}.bias", [Hidden]);
            if (InnerActNorm)
            {
                yield return new("conv2.actnorm.log_scale", [Hidden]);
            }

            yield return new("conv3.weight", [Hidden, 3, 3, OutputChannels]) { FileAxes = [3, 0, 1, 2] };
            yield return new("conv3.bias", [OutputChannels]);
            yield return new("conv3.log_scale", [OutputChannels]);
        }
    }

    /// <inheritdoc/>
    public override long ParametersLength =>
        Aligned((long)Hidden * WindowTaps * InputChannels)
        + Aligned((long)Hidden * Hidden)
        + Aligned((long)Hidden * WindowTaps * OutputChannels)
        + ((InnerActNorm ? 4 : 2) * Aligned(Hidden))
        + (2 * Aligned(OutputChannels));

    /// <inheritdoc/>
    public override long Multiplications =>
        (long)Hidden * ((WindowTaps * InputChannels) + Hidden + (WindowTaps * OutputChannels));
}
