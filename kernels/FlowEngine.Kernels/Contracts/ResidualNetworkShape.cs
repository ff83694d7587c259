namespace FlowEngine.Kernels;

/// <summary>
/// The sizes of RealNVP's coupling network: a 3x3 convolution, residual blocks of two 3x3 convolutions, and a 1x1
/// convolution at the end.
/// </summary>
/// <remarks>
/// The parameters are one array: per layer the weight, (out, taps, in) with the taps row by row, the bias, (out), and,
/// but for the last layer, the log scale, (out); each starts on a multiple of 16 elements.
/// </remarks>
/// <param name="InputChannels">I: the first I channels of the image are read.</param>
/// <param name="Hidden">Hidden channels, N.</param>
/// <param name="Blocks">Residual blocks, K, at least 1.</param>
/// <param name="OutputChannels">Channels of the output, O.</param>
public readonly record struct ResidualNetworkShape(int InputChannels, int Hidden, int Blocks, int OutputChannels)
{
    private const int WindowTaps = 9;
    private const int Alignment = 16;

    /// <summary>Convolutions: 2K + 2.</summary>
    public int Layers => (2 * Blocks) + 2;

    /// <summary>Arrays of N channels that the backward pass reads: what the layers after the first read.</summary>
    public int KeptArrays => Layers - 1;

    /// <summary>The length of the array of parameters, or of their gradients.</summary>
    public long ParametersLength => WeightOffset(Layers);

    /// <summary>Multiplications of one pixel forward.</summary>
    public long Multiplications
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

    private static long Aligned(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
