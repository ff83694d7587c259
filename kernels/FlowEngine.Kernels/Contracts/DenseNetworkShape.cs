namespace FlowEngine.Kernels;

/// <summary>
/// The sizes of a dense network: hidden layers with ReLU, then an output layer; fully connected, or masked so that
/// the outputs of dimension d read only the inputs before d (MADE, Germain 2015).
/// </summary>
/// <remarks>
/// <para>
/// In an autoregressive network of D dimensions input i (from 0) has degree i + 1, hidden unit k degree
/// 1 + ⌊k (D - 1) / N⌋, and the O/D outputs of dimension d degree d + 1. A hidden unit reads what has its degree or a lower
/// one, an output what has a lower one. As degrees rise with the index, what a unit reads is always a prefix of the
/// layer before: <see cref="ReadsOf"/>.
/// </para>
/// <para>
/// With conditions the first <see cref="NetworkShape.Conditions"/> inputs are no dimensions: they have degree 0, so that every unit
/// reads them. Hidden unit k then has degree ⌊k D / N⌋: those of degree 0 read only the conditions, and the first
/// dimension reads those.
/// </para>
/// <code>
/// h₀ = the first I channels of x;  h_l = max(W_l h_{l-1} + b_l, 0);  output = W_L h_{L-1} + b_L
/// d_L = dOutput;  dW_l += Σ d_l h_{l-1}ᵀ inside the mask;  db_l += Σ d_l;  d_{l-1} = [h_{l-1} > 0] W_lᵀ d_l;  dx += d₀
/// </code>
/// Every pixel of an image is a row.
/// <para>
/// The parameters are per layer the weight, (out, in), then the bias, (out). Weights outside the mask are not read, and
/// their gradients are not written. Hidden weights start from N(0, 2 / n), n the inputs a unit reads, biases and the
/// output layer from zero, so that what the network stands in starts as the identity, or as a fixed affine map.
/// </para>
/// </remarks>
/// <param name="InputChannels">I. At least 1; an autoregressive network has one of them or more that is no condition.</param>
/// <param name="Hidden">Units of a hidden layer, N.</param>
/// <param name="HiddenLayers">Hidden layers, at least 1.</param>
/// <param name="OutputChannels">O; in an autoregressive network a multiple of D, the outputs of each dimension in turn.</param>
/// <param name="IsAutoregressive">True for the mask.</param>
/// <param name="Conditions">How many of the inputs, the first ones, are a condition.</param>
public sealed record DenseNetworkShape(
    int InputChannels, int Hidden, int HiddenLayers, int OutputChannels, bool IsAutoregressive, int Conditions = 0)
    : NetworkShape(InputChannels, OutputChannels, Conditions)
{
    /// <summary>N.</summary>
    public int Hidden { get; init; } = Positive(Hidden, nameof(Hidden));

    /// <summary>Hidden layers.</summary>
    public int HiddenLayers { get; init; } = Positive(HiddenLayers, nameof(HiddenLayers));

    /// <summary>Inputs that are no condition; in an autoregressive network its dimensions, D.</summary>
    public int Dims => InputChannels - Conditions;

    /// <summary>Outputs of a dimension of an autoregressive network; 0 in others.</summary>
    public int OutputsPerDim => IsAutoregressive ? OutputChannels / Dims : 0;

    /// <summary>Layers with weights: the hidden ones and the output layer.</summary>
    public int Layers => HiddenLayers + 1;

    /// <inheritdoc/>
    public override IEnumerable<NetworkParameter> Parameters
    {
        get
        {
            for (int layer = 0; layer < Layers; layer++)
            {
                int l = layer;
                int inputs = InputsOf(layer);
                yield return new($"layers.{layer}.weight", [OutputsOf(layer), inputs])
                {
                    // Zero where a unit does not read.
                    Deviation = layer == HiddenLayers
                        ? null
                        : i => i % inputs < ReadsOf(l, i / inputs) ? Math.Sqrt(2.0 / ReadsOf(l, i / inputs)) : 0,
                };
                yield return new($"layers.{layer}.bias", [OutputsOf(layer)]);
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
                for (int unit = 0; unit < OutputsOf(layer); unit++)
                {
                    sum += ReadsOf(layer, unit);
                }
            }

            return sum;
        }
    }

    /// <summary>What a layer reads.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public int InputsOf(int layer) => layer == 0 ? InputChannels : Hidden;

    /// <summary>What a layer makes.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public int OutputsOf(int layer) => layer == HiddenLayers ? OutputChannels : Hidden;

    /// <summary>Where a layer's weight, (out, in), starts among the parameters.</summary>
    /// <param name="layer">0 to <see cref="Layers"/>.</param>
    public long WeightOffset(int layer)
    {
        long offset = 0;
        for (int l = 0; l < layer; l++)
        {
            offset += Aligned((long)InputsOf(l) * OutputsOf(l)) + Aligned(OutputsOf(l));
        }

        return offset;
    }

    /// <summary>Where a layer's bias, (out), starts among the parameters.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    public long BiasOffset(int layer) => WeightOffset(layer) + Aligned((long)InputsOf(layer) * OutputsOf(layer));

    /// <summary>How many inputs of its layer a unit reads: the first so many. It never falls with the unit.</summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    /// <param name="unit">0 to <see cref="OutputsOf"/> - 1.</param>
    public int ReadsOf(int layer, int unit)
    {
        if (!IsAutoregressive)
        {
            return InputsOf(layer);
        }

        int degree = layer == HiddenLayers ? unit / OutputsPerDim : DegreeOf(unit);
        return layer == 0 ? Conditions + degree : UnitsUpTo(degree);
    }

    /// <summary>
    /// The first unit of a layer that reads an input; <see cref="OutputsOf"/> where none does. All after it do.
    /// </summary>
    /// <param name="layer">0 to <see cref="Layers"/> - 1.</param>
    /// <param name="input">0 to <see cref="InputsOf"/> - 1.</param>
    public int FirstReaderOf(int layer, int input)
    {
        if (!IsAutoregressive)
        {
            return 0;
        }

        int degree = layer == 0 ? Math.Max(0, input + 1 - Conditions) : DegreeOf(input);
        return layer == HiddenLayers ? OutputsPerDim * degree : UnitsUpTo(degree - 1);
    }

    /// <summary>
    /// The hidden units of an autoregressive network whose degree is at most this: the first so many.
    /// </summary>
    /// <param name="degree">-1 to D.</param>
    public int UnitsUpTo(int degree)
    {
        int degrees = Math.Max(1, Dims - LowestDegree);
        long units = ((((long)degree + 1 - LowestDegree) * Hidden) + degrees - 1) / degrees;
        return (int)Math.Clamp(units, 0, Hidden);
    }

    private int LowestDegree => Conditions > 0 ? 0 : 1;

    private int DegreeOf(int unit) => LowestDegree + (int)((long)unit * (Dims - LowestDegree) / Hidden);
}
