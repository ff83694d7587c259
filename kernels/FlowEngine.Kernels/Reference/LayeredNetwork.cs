namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    // Prepared weights are the parameters themselves; kept are the inner arrays, each (row, unit).
    private sealed class LayeredNetwork(LayeredNetworkShape shape) : INetwork
    {
        private readonly LayeredNetworkPlan _plan = shape.Plan;

        public long PreparedLength(bool backward) => shape.ParametersLength;

        public void Prepare(in NetworkWeights weights) => Weights(weights.Parameters).CopyTo(Weights(weights.Prepared));

        public long KeptLength(ImageShape image) => KeptOffset(_plan.Output, image.Pixels);

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
            Span<T> result = Elements(output, (long)image.Pixels * shape.OutputChannels);
            Span<T> keptValues = ElementsOrNone(kept, KeptLength(image));
            double[][] values = Arrays();
            for (int row = 0; row < image.Pixels; row++)
            {
                WideRow(input.Slice(row * image.Channels, shape.InputChannels), values[0]);
                foreach (NetworkStep step in _plan.Steps)
                {
                    Run(step, prepared, values);
                }

                RoundRow(values[^1], result.Slice(row * shape.OutputChannels, shape.OutputChannels));
                for (int array = 1; array < _plan.Output && !keptValues.IsEmpty; array++)
                {
                    RoundRow(values[array], KeptRow(keptValues, image.Pixels, array, row));
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
            Span<T> outputGradient = Elements(dOutput, (long)image.Pixels * shape.OutputChannels);
            Span<T> keptValues = Elements(kept, KeptLength(image));
            Span<T> inputGradient = ElementsOrNone(dx, image.Length);
            double[] sums = new double[shape.ParametersLength];
            double[][] values = Arrays();
            for (int row = 0; row < image.Pixels; row++)
            {
                WideRow(input.Slice(row * image.Channels, shape.InputChannels), values[0]);
                for (int array = 1; array < _plan.Output; array++)
                {
                    WideRow(KeptRow(keptValues, image.Pixels, array, row), values[array]);
                }

                double[][] d = Arrays();
                WideRow(outputGradient.Slice(row * shape.OutputChannels, shape.OutputChannels), d[^1]);
                for (int step = _plan.Steps.Count - 1; step >= 0; step--)
                {
                    RunBackward(_plan.Steps[step], prepared, values, d, sums);
                }

                for (int i = 0; i < shape.InputChannels && !inputGradient.IsEmpty; i++)
                {
                    Add(ref inputGradient[(row * image.Channels) + i], d[0][i]);
                }
            }

            AddAll(sums, Weights(weights.Gradients));
        }

        private void Run(in NetworkStep step, Span<T> weights, double[][] values)
        {
            double[] target = values[step.Target];
            double[] source = values[step.Source];
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = step.Kind switch
                {
                    NetworkStepKind.Linear => Unit(step, weights, source, i),
                    NetworkStepKind.Add => source[i] + values[step.Addend][i],
                    NetworkStepKind.AddActivated => source[i] + Activated(values[step.Addend][i]),
                    _ => source[i] + (values[step.Addend][i] * ActivationOfDoubles.Sigmoid(values[step.Gate][i])),
                };
            }
        }

        private double Unit(in NetworkStep step, Span<T> weights, double[] source, int unit)
        {
            NetworkLayer layer = _plan.Layers[step.Layer];
            double sum = Wide(weights[(int)layer.BiasOffset + unit]);
            for (int i = 0; i < layer.Inputs; i++)
            {
                if (layer.Reads(unit, i))
                {
                    double value = source[layer.FirstInput + i];
                    sum += Wide(weights[(int)layer.WeightOffset + (unit * layer.Inputs) + i])
                        * (step.Activates ? Activated(value) : value);
                }
            }

            return sum;
        }

        private void RunBackward(in NetworkStep step, Span<T> weights, double[][] values, double[][] d, double[] sums)
        {
            double[] dTarget = d[step.Target];
            double[] dSource = d[step.Source];
            if (step.Kind == NetworkStepKind.Linear)
            {
                LinearBackward(step, weights, values[step.Source], dTarget, dSource, sums);
                return;
            }

            double[] addend = values[step.Addend];
            double[] dAddend = d[step.Addend];
            for (int i = 0; i < dTarget.Length; i++)
            {
                dSource[i] += dTarget[i];
                switch (step.Kind)
                {
                    case NetworkStepKind.Add:
                        dAddend[i] += dTarget[i];
                        break;
                    case NetworkStepKind.AddActivated:
                        dAddend[i] += dTarget[i] * Slope(addend[i]);
                        break;
                    default:
                        double open = ActivationOfDoubles.Sigmoid(values[step.Gate][i]);
                        double closed = ActivationOfDoubles.Sigmoid(-values[step.Gate][i]);
                        dAddend[i] += dTarget[i] * open;
                        d[step.Gate][i] += dTarget[i] * addend[i] * open * closed;
                        break;
                }
            }
        }

        private void LinearBackward(
            in NetworkStep step, Span<T> weights, double[] source, double[] dTarget, double[] dSource, double[] sums)
        {
            NetworkLayer layer = _plan.Layers[step.Layer];
            for (int unit = 0; unit < layer.Outputs; unit++)
            {
                sums[layer.BiasOffset + unit] += dTarget[unit];
                for (int i = 0; i < layer.Inputs; i++)
                {
                    if (!layer.Reads(unit, i))
                    {
                        continue;
                    }

                    long at = layer.WeightOffset + ((long)unit * layer.Inputs) + i;
                    double value = source[layer.FirstInput + i];
                    sums[at] += dTarget[unit] * (step.Activates ? Activated(value) : value);
                    dSource[layer.FirstInput + i] +=
                        dTarget[unit] * Wide(weights[(int)at]) * (step.Activates ? Slope(value) : 1);
                }
            }
        }

        private double Activated(double z) => ActivationOfDoubles.Value(shape.Activation, shape.Leak, z);

        private double Slope(double z) => ActivationOfDoubles.Slope(shape.Activation, shape.Leak, z);

        private Span<T> Weights(BufferView weights) => Elements(weights, shape.ParametersLength);

        private double[][] Arrays() => [.. _plan.Widths.Select(width => new double[width])];

        private long KeptOffset(int array, int rows)
        {
            long offset = 0;
            for (int a = 1; a < array; a++)
            {
                offset += (long)rows * _plan.Widths[a];
            }

            return offset;
        }

        private Span<T> KeptRow(Span<T> kept, int rows, int array, int row)
        {
            int width = _plan.Widths[array];
            return kept.Slice((int)KeptOffset(array, rows) + (row * width), width);
        }
    }
}
