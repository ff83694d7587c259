namespace FlowEngine.Kernels;

/// <summary>
/// The sizes of RealNVP's coupling network: a 3x3 convolution, residual blocks of two 3x3 convolutions, and a 1x1
/// convolution at the end.
/// </summary>
/// <remarks>
/// RealNVP's coupling network (Dinh 2017, section 3.4, without its batch normalization): residual blocks of 3x3
/// convolutions, zero outside the image, with weight normalization (Salimans and Kingma 2016).
/// <code>
/// W = r v,  r = e^ls / √(‖v‖² + 10⁻¹²) for each output channel; the last layer's weight is used as it is
/// h = W₀ ∗ x + b₀;  a₀ = relu(h)
/// c_k = relu(W_{2k-1} ∗ a_{k-1} + b);  h += W_{2k} ∗ c_k + b;  a_k = relu(h),   k = 1..K
/// output = W a_K + b
/// </code>
/// Nothing depends on the batch. The backward pass reads only a_0..a_K and c_1..c_K: where they are positive tells what
/// the rectifiers let through. With G = dW of a channel, q = ‖v‖² + 10⁻¹² and g = ⟨v, G⟩:
/// <code>
/// dv += r (G - v g / q);  dls += r g
/// </code>
/// <para>
/// The parameters are per layer the weight, (out, taps, in) with the taps row by row, the bias, (out), and, but for the
/// last layer, the log scale, (out). Hidden weights start from N(0, 2 / n), n the values a patch has, with channels of
/// norm √2; biases and the last layer start from zero, so that a coupling starts as the identity.
/// </para>
/// </remarks>
/// <param name="InputChannels">I.</param>
/// <param name="Hidden">Hidden channels, N.</param>
/// <param name="Blocks">Residual blocks, K, at least 1.</param>
/// <param name="OutputChannels">O.</param>
/// <param name="Conditions">How many of the inputs, the first ones, are a condition.</param>
public sealed record ResidualNetworkShape(
    int InputChannels, int Hidden, int Blocks, int OutputChannels, int Conditions = 0)
    : NetworkShape(InputChannels, OutputChannels, Conditions)
{
    /// <summary>N.</summary>
    public int Hidden { get; init; } = Positive(Hidden, nameof(Hidden));

    /// <summary>K.</summary>
    public int Blocks { get; init; } = Positive(Blocks, nameof(Blocks));

    /// <summary>Convolutions: 2K + 2.</summary>
    public int Layers => (2 * Blocks) + 2;

    /// <summary>Arrays of N channels that the backward pass reads: what the layers after the first read.</summary>
    public int KeptArrays => Layers - 1;

    /// <inheritdoc/>
    public override IEnumerable<NetworkParameter> Parameters
    {
        get
        {
            for (int layer = 0; layer < Layers; layer++)
            {
                int size = IsLast(layer) ? 1 : 3;
                double deviation = Math.Sqrt(2.0 / DepthOf(layer));
                yield return new($"layers.{layer}.weight", [OutputsOf(layer), size, size, InputsOf(layer)])
                {
                    FileAxes = [0, 3, 1, 2],
                    Deviation = IsLast(layer) ? null : _ => deviation,
                };
                yield return new($"layers.{layer}.bias", [OutputsOf(layer)]);
                if (!IsLast(layer))
                {
                    yield return new($"layers.{layer}.log_scale", [OutputsOf(layer)]) { Start = 0.5 * Math.Log(2) };
                }
            }
        }
    }

    /// <inheritdoc/>
    public override long ParametersLength => WeightOffset(Layers);

    /// <inheritdoc/>
    public override long Multiplications
    {
        get
        {
            long sum = 0;
            for (int layer = 0; layer < Layers; layer++)
            {
                sum += (long)DepthOf(layer) * OutputsOf(layer);
            }

            return sum;
        }
    }

    /// <summary>True for the last layer, which starts at zero and has no norm.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public bool IsLast(int layer) => layer == Layers - 1;

    /// <summary>9, or 1 for the last layer.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public int TapsOf(int layer) => IsLast(layer) ? 1 : WindowTaps;

    /// <summary>Channels that a layer reads.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public int InputsOf(int layer) => layer == 0 ? InputChannels : Hidden;

    /// <summary>Channels that a layer makes.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public int OutputsOf(int layer) => IsLast(layer) ? OutputChannels : Hidden;

    /// <summary>Values of a patch that a layer reads: taps times channels.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public int DepthOf(int layer) => TapsOf(layer) * InputsOf(layer);

    /// <summary>Where a layer's weight starts among the parameters.</summary>
    /// <param name="layer">0 to <see cref="Layers"/>.</param>
    public long WeightOffset(int layer)
    {
        long offset = 0;
        for (int l = 0; l < layer; l++)
        {
            offset += Aligned(WeightLength(l)) + ((IsLast(l) ? 1 : 2) * Aligned(OutputsOf(l)));
        }

        return offset;
    }

    /// <summary>The elements of a layer's weight.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public long WeightLength(int layer) => (long)DepthOf(layer) * OutputsOf(layer);

    /// <summary>Where a layer's bias starts among the parameters.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public long BiasOffset(int layer) => WeightOffset(layer) + Aligned(WeightLength(layer));

    /// <summary>Where a layer's log scale starts among the parameters.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 2.</param>
    public long LogScaleOffset(int layer) => BiasOffset(layer) + Aligned(OutputsOf(layer));
}
