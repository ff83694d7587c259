namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private sealed class AutoregressiveNetwork(DenseNetworkShape shape) : DenseNetwork(shape), IAutoregressiveNetwork
    {
        public long SolveWorkspaceLength(int rows) => 0;

        public void Solve(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView condition,
            bool normalize,
            BufferView known,
            BufferView found,
            BufferView output,
            BufferView workspace)
        {
            Span<T> prepared = Weights(weights.Prepared);
            Span<T> given = Elements(known, shape.Length);
            Span<T> wanted = Elements(found, shape.Length);
            Span<T> networkOutput = Elements(output, 2 * shape.Length);
            int dims = shape.Dims;
            int last = Shape.HiddenLayers;
            int conditions = Shape.Conditions;
            Span<T> conditionRows = ElementsOrNone(condition, (long)shape.Batch * conditions);
            for (int b = 0; b < shape.Batch; b++)
            {
                double[][] values = Activations();
                if (conditions > 0)
                {
                    WideRow(conditionRows.Slice(b * conditions, conditions), values[0]);
                    Hidden(prepared, values, 0, Shape.UnitsUpTo(0));
                }

                for (int d = 0; d < dims; d++)
                {
                    double mean = Unit(prepared, values, last, 2 * d);
                    double raw = Unit(prepared, values, last, (2 * d) + 1);
                    double logScale = LogScale(raw);
                    int i = (b * dims) + d;
                    networkOutput[2 * i] = Round(mean);
                    networkOutput[(2 * i) + 1] = Round(raw);
                    double value = Wide(given[i]);
                    wanted[i] = Round(normalize
                        ? (value - mean) * Math.Exp(-logScale)
                        : (value * Math.Exp(logScale)) + mean);
                    values[0][conditions + d] = Wide(wanted[i]);
                    Hidden(prepared, values, Shape.UnitsUpTo(d), Shape.UnitsUpTo(d + 1));
                }
            }
        }

        public void SolveBackward(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView y,
            BufferView output,
            BufferView kept,
            BufferView dy,
            BufferView dLogDet,
            BufferView dx,
            BufferView dOutput,
            BufferView workspace)
        {
            Span<T> prepared = Weights(weights.Prepared);
            Span<T> result = Elements(y, shape.Length);
            Span<T> networkOutput = Elements(output, 2 * shape.Length);
            Span<T> hidden = Elements(kept, KeptLength(new ImageShape(shape.Batch, 1, 1, Shape.InputChannels)));
            Span<T> gradient = Elements(dy, shape.Length);
            Span<T> dLogDets = Elements(dLogDet, shape.Batch);
            Span<T> inputGradient = Elements(dx, shape.Length);
            Span<T> networkGradient = Elements(dOutput, 2 * shape.Length);
            int dims = shape.Dims;
            double[][] values = Activations();
            for (int b = 0; b < shape.Batch; b++)
            {
                double[][] d = Activations();
                ReadRow([], hidden, shape.Batch, b, values);
                for (int dim = dims - 1; dim >= 0; dim--)
                {
                    // The hidden units whose last input is this dimension: what reads them is of later ones.
                    for (int layer = Shape.HiddenLayers; layer > 0; layer--)
                    {
                        for (int unit = Shape.UnitsUpTo(dim); unit < Shape.UnitsUpTo(dim + 1); unit++)
                        {
                            d[layer][unit] = values[layer][unit] > 0 ? InputGradient(prepared, d, layer, unit) : 0;
                        }
                    }

                    int i = (b * dims) + dim;
                    double raw = Wide(networkOutput[(2 * i) + 1]);
                    double logScale = LogScale(raw);
                    double sum = Wide(gradient[i]) + InputGradient(prepared, d, 0, Shape.Conditions + dim);
                    inputGradient[i] = Round(sum * Math.Exp(-logScale));
                    d[^1][2 * dim] = -sum * Math.Exp(-logScale);
                    d[^1][(2 * dim) + 1] = -((sum * Wide(result[i])) + Wide(dLogDets[b])) * LogScaleSlope(raw);
                    networkGradient[2 * i] = Round(d[^1][2 * dim]);
                    networkGradient[(2 * i) + 1] = Round(d[^1][(2 * dim) + 1]);
                }
            }
        }

        /// <summary>Some hidden units of every layer.</summary>
        private void Hidden(Span<T> prepared, double[][] values, int first, int end)
        {
            for (int layer = 0; layer < Shape.HiddenLayers; layer++)
            {
                for (int unit = first; unit < end; unit++)
                {
                    values[layer + 1][unit] = Unit(prepared, values, layer, unit);
                }
            }
        }
    }
}
