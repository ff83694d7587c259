namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    // Prepared weights are the parameters themselves; kept activations are (hidden layer, row, unit).
    private class DenseNetwork(DenseNetworkShape shape) : INetwork
    {
        protected DenseNetworkShape Shape { get; } = shape;

        public long PreparedLength(bool backward) => Shape.ParametersLength;

        public void Prepare(in NetworkWeights weights) => Weights(weights.Parameters).CopyTo(Weights(weights.Prepared));

        public long KeptLength(ImageShape image) => (long)Shape.HiddenLayers * image.Pixels * Shape.Hidden;

        public long WorkspaceLength(ImageShape image, bool backward) => 0;

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            Span<T> prepared = Weights(weights.Prepared);
            Span<T> input = Elements(x, image.Length);
            Span<T> result = Elements(output, (long)image.Pixels * Shape.OutputChannels);
            Span<T> hidden = ElementsOrNone(kept, KeptLength(image));
            double[][] values = Activations();
            for (int row = 0; row < image.Pixels; row++)
            {
                WideRow(input.Slice(row * image.Channels, Shape.InputChannels), values[0]);
                for (int layer = 0; layer < Shape.Layers; layer++)
                {
                    for (int unit = 0; unit < Shape.OutputsOf(layer); unit++)
                    {
                        values[layer + 1][unit] = Unit(prepared, values, layer, unit);
                    }
                }

                RoundRow(values[^1], result.Slice(row * Shape.OutputChannels, Shape.OutputChannels));
                for (int layer = 0; layer < Shape.HiddenLayers && !hidden.IsEmpty; layer++)
                {
                    RoundRow(values[layer + 1], KeptRow(hidden, image.Pixels, layer, row));
                }
            }
        }

        public void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            Span<T> prepared = Weights(weights.Prepared);
            Span<T> input = Elements(x, image.Length);
            Span<T> outputGradient = Elements(dOutput, (long)image.Pixels * Shape.OutputChannels);
            Span<T> hidden = Elements(kept, KeptLength(image));
            Span<T> inputGradient = ElementsOrNone(dx, image.Length);
            double[] sums = new double[Shape.ParametersLength];
            double[][] values = Activations();
            double[][] d = Activations();
            for (int row = 0; row < image.Pixels; row++)
            {
                ReadRow(input.Slice(row * image.Channels, Shape.InputChannels), hidden, image.Pixels, row, values);
                WideRow(outputGradient.Slice(row * Shape.OutputChannels, Shape.OutputChannels), d[^1]);
                for (int layer = Shape.HiddenLayers; layer >= 0; layer--)
                {
                    for (int unit = 0; unit < Shape.OutputsOf(layer); unit++)
                    {
                        long weight = Shape.WeightOffset(layer) + ((long)unit * Shape.InputsOf(layer));
                        sums[Shape.BiasOffset(layer) + unit] += d[layer + 1][unit];
                        for (int i = 0; i < Shape.ReadsOf(layer, unit); i++)
                        {
                            sums[weight + i] += d[layer + 1][unit] * values[layer][i];
                        }
                    }

                    for (int i = 0; i < Shape.InputsOf(layer); i++)
                    {
                        d[layer][i] = layer == 0 || values[layer][i] > 0 ? InputGradient(prepared, d, layer, i) : 0;
                    }
                }

                for (int i = 0; i < Shape.InputChannels && !inputGradient.IsEmpty; i++)
                {
                    Add(ref inputGradient[(row * image.Channels) + i], d[0][i]);
                }
            }

            AddAll(sums, Weights(weights.Gradients));
        }

        protected Span<T> Weights(BufferView weights) => Elements(weights, Shape.ParametersLength);

        protected double[][] Activations() =>
        [
            new double[Shape.InputChannels],
            .. Enumerable.Range(0, Shape.Layers).Select(layer => new double[Shape.OutputsOf(layer)]),
        ];

        /// <summary>What a unit makes of the layer before it.</summary>
        protected double Unit(Span<T> weights, double[][] values, int layer, int unit)
        {
            long weight = Shape.WeightOffset(layer) + ((long)unit * Shape.InputsOf(layer));
            double sum = Wide(weights[(int)Shape.BiasOffset(layer) + unit]);
            for (int i = 0; i < Shape.ReadsOf(layer, unit); i++)
            {
                sum += Wide(weights[(int)weight + i]) * values[layer][i];
            }

            // NaN stays NaN.
            return layer < Shape.HiddenLayers && sum < 0 ? 0 : sum;
        }

        /// <summary>What the units that read an input of a layer pass back to it.</summary>
        protected double InputGradient(Span<T> weights, double[][] d, int layer, int input)
        {
            double sum = 0;
            for (int unit = Shape.FirstReaderOf(layer, input); unit < Shape.OutputsOf(layer); unit++)
            {
                long weight = Shape.WeightOffset(layer) + ((long)unit * Shape.InputsOf(layer)) + input;
                sum += d[layer + 1][unit] * Wide(weights[(int)weight]);
            }

            return sum;
        }

        /// <summary>The input and the kept activations of a row.</summary>
        protected void ReadRow(Span<T> input, Span<T> hidden, int rows, int row, double[][] values)
        {
            WideRow(input, values[0]);
            for (int layer = 0; layer < Shape.HiddenLayers; layer++)
            {
                WideRow(KeptRow(hidden, rows, layer, row), values[layer + 1]);
            }
        }

        private Span<T> KeptRow(Span<T> hidden, int rows, int layer, int row) =>
            hidden.Slice(((layer * rows) + row) * Shape.Hidden, Shape.Hidden);
    }
}
