namespace FlowEngine.Kernels.Cpu;

/// <summary>The padded sizes of a residual network and where its prepared weights lie.</summary>
internal readonly struct ResidualNetworkLayout(ResidualNetworkShape shape)
{
    public ResidualNetworkShape Shape => shape;

    /// <summary>The largest depth of a product over patches.</summary>
    public int LargestDepth => Math.Max(shape.DepthOf(0), shape.DepthOf(1));

    /// <summary>The most channels that a layer makes.</summary>
    public int LargestOutputs => Math.Max(shape.Hidden, shape.OutputChannels);

    /// <summary>The elements of the prepared weights.</summary>
    public long PreparedLength
    {
        get
        {
            BlockLayout block = default;
            for (int layer = 0; layer < shape.Layers; layer++)
            {
                Take(ref block, layer);
            }

            return block.Length;
        }
    }

    /// <summary>The depth of a layer's transposed product: taps times the channels it makes.</summary>
    public int BackwardDepthOf(int layer) => shape.TapsOf(layer) * shape.OutputsOf(layer);

    /// <summary>The elements of N channels of a batch, in planes.</summary>
    public long HiddenLength(ImageShape image) => Planes.LengthFor(image, StripProduct.PaddedRows(shape.Hidden));

    /// <summary>N channels in planes, in a block of <see cref="HiddenLength"/> elements.</summary>
    public unsafe Planes HiddenAt(float* block, ImageShape image) => Planes.At(block, image, shape.Hidden);

    /// <summary>Where the prepared weights of a layer lie.</summary>
    public PreparedLayer At(int layer)
    {
        BlockLayout block = default;
        for (int l = 0; l < layer; l++)
        {
            Take(ref block, l);
        }

        return Take(ref block, layer);
    }

    private PreparedLayer Take(ref BlockLayout block, int layer)
    {
        int outputs = PixelMajor.PaddedChannels(shape.OutputsOf(layer));
        return new PreparedLayer(
            block.Take((long)StripProduct.PaddedRows(shape.OutputsOf(layer)) * shape.DepthOf(layer)),
            block.Take((long)StripProduct.PaddedRows(shape.InputsOf(layer)) * BackwardDepthOf(layer)),
            block.Take(outputs),
            block.Take(outputs),
            block.Take(outputs));
    }

    /// <summary>Where the arrays of one layer lie.</summary>
    /// <param name="Forward">W in strips of outputs; k is (tap, input).</param>
    /// <param name="Backward">W in strips of inputs; k is (tap, output).</param>
    /// <param name="Bias">b, padded with zeros.</param>
    /// <param name="Scale">r = e^ls / √q; 1 for the last layer.</param>
    /// <param name="Norm">q = ‖v‖² + 10⁻¹².</param>
    internal readonly record struct PreparedLayer(long Forward, long Backward, long Bias, long Scale, long Norm);
}
