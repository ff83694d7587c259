namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    // Prepared weights lie as the parameters do, multiplied by r, with r in the place of the log scale; kept values are
    // a_0, c_1, a_1, ..., c_K, a_K, (B, P, N) each: what layers 1 to 2K + 1 read.
    private sealed class ResidualNetwork(ResidualNetworkShape network) : INetwork
    {
        private const double NormFloor = 1e-12;

        public long PreparedLength(bool backward) => network.ParametersLength;

        public void Prepare(in NetworkWeights weights)
        {
            double[] values = WideArray(weights.Parameters, (int)network.ParametersLength);
            for (int layer = 0; layer < network.Layers - 1; layer++)
            {
                for (int o = 0; o < network.OutputsOf(layer); o++)
                {
                    Span<double> row = Row(values, layer, o);
                    ref double scale = ref values[network.LogScaleOffset(layer) + o];
                    scale = Math.Exp(scale) / Math.Sqrt(SumOfSquares(row) + NormFloor);
                    foreach (ref double weight in row)
                    {
                        weight *= scale;
                    }
                }
            }

            Store(values, weights.Prepared);
        }

        public long KeptLength(ImageShape image) => (long)network.KeptArrays * image.Pixels * network.Hidden;

        public long WorkspaceLength(ImageShape image, bool backward) => 0;

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            double[] prepared = WideArray(weights.Prepared, (int)network.ParametersLength);
            double[] values = FirstChannels(image, x, network.InputChannels);
            double[] stream = [];
            for (int layer = 0; layer < network.Layers - 1; layer++)
            {
                double[] product = Convolve(prepared, layer, image, values);
                if (layer % 2 == 0)
                {
                    stream = layer == 0 ? product : [.. stream.Zip(product, (h, c) => h + c)];
                    product = stream;
                }

                values = [.. product.Select(value => Wide(Round(Rectify(value))))];
                if (!kept.IsEmpty)
                {
                    Store(values, kept.Slice((long)layer * values.Length, values.Length));
                }
            }

            Store(Convolve(prepared, network.Layers - 1, image, values), output);
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
            double[] values = WideArray(weights.Parameters, (int)network.ParametersLength);
            double[] prepared = WideArray(weights.Prepared, (int)network.ParametersLength);
            double[] sums = new double[network.ParametersLength];
            double[] stream = [];
            double[] d = WideArray(dOutput, image.Pixels * network.OutputChannels);
            for (int layer = network.Layers - 1; layer >= 0; layer--)
            {
                int length = image.Pixels * network.Hidden;
                double[] input = layer == 0
                    ? FirstChannels(image, x, network.InputChannels)
                    : WideArray(kept.Slice((long)(layer - 1) * length, length), length);
                double[] dInput = ConvolveBackward(prepared, layer, image, input, d, sums);
                Denormalize(values, prepared, layer, sums);
                if (layer == 0)
                {
                    Span<T> inputGradient = ElementsOrNone(dx, image.Length);
                    for (int i = 0; i < dInput.Length && !inputGradient.IsEmpty; i++)
                    {
                        int at = (i / network.InputChannels * image.Channels) + (i % network.InputChannels);
                        Add(ref inputGradient[at], dInput[i]);
                    }

                    continue;
                }

                d = [.. dInput.Zip(input, (gradient, value) => value > 0 ? gradient : 0)];
                if (layer % 2 == 1)
                {
                    stream = stream.Length == 0 ? d : [.. stream.Zip(d, (a, b) => a + b)];
                    d = stream;
                }
            }

            AddAll(sums, Elements(weights.Gradients, sums.Length));
        }

        private static double[] FirstChannels(ImageShape image, BufferView x, int channels)
        {
            Span<T> elements = Elements(x, image.Length);
            double[] values = new double[image.Pixels * channels];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = Wide(elements[(i / channels * image.Channels) + (i % channels)]);
            }

            return values;
        }

        private Span<double> Row(double[] parameters, int layer, int output) =>
            parameters.AsSpan(
                (int)network.WeightOffset(layer) + (output * network.DepthOf(layer)), network.DepthOf(layer));

        private static double SumOfSquares(ReadOnlySpan<double> row)
        {
            double sum = 0;
            foreach (double value in row)
            {
                sum += value * value;
            }

            return sum;
        }

        private int TapPixel(int layer, ImageShape image, int pixel, int tap) =>
            network.TapsOf(layer) == 1 ? pixel : Neighbor(image, pixel, tap);

        private double[] Convolve(
            double[] prepared, int layer, ImageShape image, double[] values)
        {
            (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
            double[] result = new double[image.Pixels * outputs];
            for (int i = 0; i < result.Length; i++)
            {
                Span<double> row = Row(prepared, layer, i % outputs);
                double sum = prepared[network.BiasOffset(layer) + (i % outputs)];
                for (int tap = 0; tap < network.TapsOf(layer); tap++)
                {
                    int q = TapPixel(layer, image, i / outputs, tap);
                    for (int c = 0; c < inputs && q >= 0; c++)
                    {
                        sum += row[(tap * inputs) + c] * values[(q * inputs) + c];
                    }
                }

                result[i] = sum;
            }

            return result;
        }

        // The gradient of the values; those of the normalized weight and the bias are added to the sums.
        private double[] ConvolveBackward(
            double[] prepared,
            int layer,
            ImageShape image,
            double[] values,
            double[] d,
            double[] sums)
        {
            (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
            double[] dValues = new double[values.Length];
            for (int i = 0; i < d.Length; i++)
            {
                Span<double> row = Row(prepared, layer, i % outputs);
                Span<double> dRow = Row(sums, layer, i % outputs);
                sums[network.BiasOffset(layer) + (i % outputs)] += d[i];
                for (int tap = 0; tap < network.TapsOf(layer); tap++)
                {
                    int q = TapPixel(layer, image, i / outputs, tap);
                    for (int c = 0; c < inputs && q >= 0; c++)
                    {
                        dRow[(tap * inputs) + c] += d[i] * values[(q * inputs) + c];
                        dValues[(q * inputs) + c] += d[i] * row[(tap * inputs) + c];
                    }
                }
            }

            return dValues;
        }

        // From dW to dv and dls of one layer.
        private void Denormalize(
            double[] parameters, double[] prepared, int layer, double[] sums)
        {
            for (int o = 0; o < network.OutputsOf(layer) && !network.IsLast(layer); o++)
            {
                Span<double> v = Row(parameters, layer, o);
                Span<double> gradient = Row(sums, layer, o);
                double scale = prepared[network.LogScaleOffset(layer) + o];
                double norm = SumOfSquares(v) + NormFloor;
                double product = 0;
                for (int i = 0; i < v.Length; i++)
                {
                    product += v[i] * gradient[i];
                }

                sums[network.LogScaleOffset(layer) + o] += scale * product;
                for (int i = 0; i < v.Length; i++)
                {
                    gradient[i] = scale * (gradient[i] - (v[i] * product / norm));
                }
            }
        }
    }
}
