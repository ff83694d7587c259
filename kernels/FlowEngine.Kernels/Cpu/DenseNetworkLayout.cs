namespace FlowEngine.Kernels.Cpu;

/// <summary>The padded sizes of a dense network and where its prepared weights lie.</summary>
/// <remarks>
/// Values of layer l are what layer l reads: l = 0 for the input, <see cref="DenseNetworkShape.Layers"/> for the
/// output.
/// </remarks>
internal readonly struct DenseNetworkLayout
{
    private readonly int[] _padded;
    private readonly PreparedLayer[] _layers;

    public DenseNetworkLayout(DenseNetworkShape network)
    {
        Shape = network;
        _padded = new int[network.Layers + 1];
        for (int layer = 0; layer <= network.Layers; layer++)
        {
            _padded[layer] = PixelMajor.PaddedChannels(
                layer == 0 ? network.InputChannels : layer == network.Layers ? network.OutputChannels : network.Hidden);
        }

        LargestPanel = Math.Max(Math.Max(Panel(0), Panel(1)), Panel(network.Layers));
        _layers = new PreparedLayer[network.Layers];
        BlockLayout block = default;
        for (int layer = 0; layer < network.Layers; layer++)
        {
            _layers[layer] = Take(ref block, layer);
        }

        PreparedLength = block.Length;
    }

    public DenseNetworkShape Shape { get; }

    public long PreparedLength { get; }

    /// <summary>Rows of a panel of values; those past the last hold 0.</summary>
    /// <param name="layer">0 to <see cref="DenseNetworkShape.Layers"/>.</param>
    public int Padded(int layer) => _padded[layer];

    /// <summary>
    /// From one panel of values to the next: a row more than they take, so that the same rows of many panels do not
    /// fall into the same cache sets when a weight gradient walks over them.
    /// </summary>
    /// <param name="layer">0 to <see cref="DenseNetworkShape.Layers"/>.</param>
    public int Panel(int layer) => (Padded(layer) + 1) * StripProduct.PanelWidth;

    /// <summary>The largest of <see cref="Panel"/>.</summary>
    public int LargestPanel { get; }

    /// <summary>Where the weights of a layer lie.</summary>
    /// <param name="layer">0 to <see cref="DenseNetworkShape.Layers"/> - 1.</param>
    public PreparedLayer At(int layer) => _layers[layer];

    /// <summary>Elements of one layer of hidden activations of a batch.</summary>
    public long HiddenLength(int rows) => (long)StripProduct.Panels(rows) * Panel(1);

    private PreparedLayer Take(ref BlockLayout block, int layer)
    {
        int inputs = Shape.InputsOf(layer);
        int outputs = Shape.OutputsOf(layer);
        return new PreparedLayer(
            block.Take(Padded(layer + 1)),
            block.Take(((long)Padded(layer + 1) * inputs) + DenseRow.Overrun),
            block.Take((long)Padded(layer) * outputs),
            block.Take(Shape.IsAutoregressive ? (long)inputs * outputs : 0));
    }

    /// <summary>Where the prepared weights of one layer lie.</summary>
    /// <param name="Bias">b, padded with 0.</param>
    /// <param name="Forward">W, strips of the padded outputs over the inputs.</param>
    /// <param name="Backward">Wᵀ, strips of the padded inputs over the outputs.</param>
    /// <param name="Rows">W, masked, (out, in); in autoregressive networks.</param>
    internal readonly record struct PreparedLayer(long Bias, long Forward, long Backward, long Rows);
}
