namespace FlowEngine.Kernels.Reference;

// Prepared weights are the parameters themselves; kept activations are (hidden layer, row, unit).
public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public long DenseNetworkPreparedLength(DenseNetworkShape network) => network.ParametersLength;

    /// <inheritdoc/>
    public void DenseNetworkPrepare(DenseNetworkShape network, BufferView parameters, BufferView prepared) =>
        Elements(parameters, network.ParametersLength).CopyTo(Elements(prepared, network.ParametersLength));

    /// <inheritdoc/>
    public long DenseNetworkKeptLength(DenseNetworkShape network, int rows) =>
        (long)network.HiddenLayers * rows * network.Hidden;

    /// <inheritdoc/>
    public long DenseNetworkWorkspaceLength(DenseNetworkShape network, int rows, bool backward) => 0;

    /// <inheritdoc/>
    public void DenseNetworkForward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace)
    {
        Span<T> weights = Elements(prepared, network.ParametersLength);
        Span<T> input = Elements(x, image.Length);
        Span<T> result = Elements(output, (long)image.Pixels * network.Outputs);
        Span<T> hidden = ElementsOrNone(kept, DenseNetworkKeptLength(network, image.Pixels));
        double[][] values = Activations(network);
        for (int row = 0; row < image.Pixels; row++)
        {
            WideRow(input.Slice(row * image.Channels, network.Inputs), values[0]);
            for (int layer = 0; layer < network.Layers; layer++)
            {
                for (int unit = 0; unit < network.OutputsOf(layer); unit++)
                {
                    values[layer + 1][unit] = Unit(network, weights, values, layer, unit);
                }
            }

            RoundRow(values[^1], result.Slice(row * network.Outputs, network.Outputs));
            for (int layer = 0; layer < network.HiddenLayers && !hidden.IsEmpty; layer++)
            {
                RoundRow(values[layer + 1], KeptRow(network, hidden, image.Pixels, layer, row));
            }
        }
    }

    /// <inheritdoc/>
    public void DenseNetworkBackward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView gradients,
        BufferView workspace)
    {
        Span<T> weights = Elements(prepared, network.ParametersLength);
        Span<T> input = Elements(x, image.Length);
        Span<T> outputGradient = Elements(dOutput, (long)image.Pixels * network.Outputs);
        Span<T> hidden = Elements(kept, DenseNetworkKeptLength(network, image.Pixels));
        Span<T> inputGradient = ElementsOrNone(dx, image.Length);
        double[] sums = new double[network.ParametersLength];
        double[][] values = Activations(network);
        double[][] d = Activations(network);
        for (int row = 0; row < image.Pixels; row++)
        {
            ReadRow(network, input.Slice(row * image.Channels, network.Inputs), hidden, image.Pixels, row, values);
            WideRow(outputGradient.Slice(row * network.Outputs, network.Outputs), d[^1]);
            for (int layer = network.HiddenLayers; layer >= 0; layer--)
            {
                for (int unit = 0; unit < network.OutputsOf(layer); unit++)
                {
                    long weight = network.WeightOffset(layer) + ((long)unit * network.InputsOf(layer));
                    sums[network.BiasOffset(layer) + unit] += d[layer + 1][unit];
                    for (int i = 0; i < network.ReadsOf(layer, unit); i++)
                    {
                        sums[weight + i] += d[layer + 1][unit] * values[layer][i];
                    }
                }

                for (int i = 0; i < network.InputsOf(layer); i++)
                {
                    d[layer][i] = layer == 0 || values[layer][i] > 0 ? InputGradient(network, weights, d, layer, i) : 0;
                }
            }

            for (int i = 0; i < network.Inputs && !inputGradient.IsEmpty; i++)
            {
                Add(ref inputGradient[(row * image.Channels) + i], d[0][i]);
            }
        }

        AddAll(sums, Elements(gradients, network.ParametersLength));
    }

    private static double[][] Activations(DenseNetworkShape network) =>
    [
        new double[network.Inputs],
        .. Enumerable.Range(0, network.Layers).Select(layer => new double[network.OutputsOf(layer)]),
    ];

    /// <summary>What a unit makes of the layer before it.</summary>
    private static double Unit(DenseNetworkShape network, Span<T> weights, double[][] values, int layer, int unit)
    {
        long weight = network.WeightOffset(layer) + ((long)unit * network.InputsOf(layer));
        double sum = Wide(weights[(int)network.BiasOffset(layer) + unit]);
        for (int i = 0; i < network.ReadsOf(layer, unit); i++)
        {
            sum += Wide(weights[(int)weight + i]) * values[layer][i];
        }

        // NaN stays NaN.
        return layer < network.HiddenLayers && sum < 0 ? 0 : sum;
    }

    /// <summary>What the units that read an input of a layer pass back to it.</summary>
    private static double InputGradient(DenseNetworkShape network, Span<T> weights, double[][] d, int layer, int input)
    {
        double sum = 0;
        for (int unit = network.FirstReaderOf(layer, input); unit < network.OutputsOf(layer); unit++)
        {
            long weight = network.WeightOffset(layer) + ((long)unit * network.InputsOf(layer)) + input;
            sum += d[layer + 1][unit] * Wide(weights[(int)weight]);
        }

        return sum;
    }

    /// <summary>The input and the kept activations of a row.</summary>
    private static void ReadRow(
        DenseNetworkShape network, Span<T> input, Span<T> hidden, int rows, int row, double[][] values)
    {
        WideRow(input, values[0]);
        for (int layer = 0; layer < network.HiddenLayers; layer++)
        {
            WideRow(KeptRow(network, hidden, rows, layer, row), values[layer + 1]);
        }
    }

    private static Span<T> KeptRow(DenseNetworkShape network, Span<T> hidden, int rows, int layer, int row) =>
        hidden.Slice(((layer * rows) + row) * network.Hidden, network.Hidden);

    private static void WideRow(ReadOnlySpan<T> from, double[] to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = Wide(from[i]);
        }
    }

    private static void RoundRow(double[] from, Span<T> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Round(from[i]);
        }
    }
}
