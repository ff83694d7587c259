namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void AutoregressiveNormalize(
        ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet)
    {
        Span<T> input = Elements(x, shape.Length);
        Span<T> network = Elements(output, 2 * shape.Length);
        Span<T> result = Elements(y, shape.Length);
        Span<T> logDets = Elements(logDet, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int i = b * shape.Dims; i < (b + 1) * shape.Dims; i++)
            {
                double logScale = LogScale(Wide(network[(2 * i) + 1]));
                result[i] = Round((Wide(input[i]) - Wide(network[2 * i])) * Math.Exp(-logScale));
                sum -= logScale;
            }

            Add(ref logDets[b], sum);
        }
    }

    /// <inheritdoc/>
    public void AutoregressiveDenormalize(ImageShape shape, BufferView y, BufferView output, BufferView x)
    {
        Span<T> input = Elements(y, shape.Length);
        Span<T> network = Elements(output, 2 * shape.Length);
        Span<T> result = Elements(x, shape.Length);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Round((Wide(input[i]) * Math.Exp(LogScale(Wide(network[(2 * i) + 1])))) + Wide(network[2 * i]));
        }
    }

    /// <inheritdoc/>
    public void AutoregressiveBackward(
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput)
    {
        Span<T> result = Elements(y, shape.Length);
        Span<T> network = Elements(output, 2 * shape.Length);
        Span<T> gradient = Elements(dy, shape.Length);
        Span<T> dLogDets = Elements(dLogDet, shape.Batch);
        Span<T> inputGradient = Elements(dx, shape.Length);
        Span<T> networkGradient = Elements(dOutput, 2 * shape.Length);
        for (int i = 0; i < result.Length; i++)
        {
            double dy1 = Wide(gradient[i]);
            double raw = Wide(network[(2 * i) + 1]);
            double d = dy1 * Math.Exp(-LogScale(raw));
            inputGradient[i] = Round(d);
            networkGradient[2 * i] = Round(-d);
            networkGradient[(2 * i) + 1] = Round(
                -((dy1 * Wide(result[i])) + Wide(dLogDets[i / shape.Dims])) * LogScaleSlope(raw));
        }
    }

    /// <inheritdoc/>
    public long AutoregressiveSolveWorkspaceLength(DenseNetworkShape network, int rows) => 0;

    /// <inheritdoc/>
    public void AutoregressiveSolve(
        DenseNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView condition,
        bool normalize,
        BufferView known,
        BufferView found,
        BufferView output,
        BufferView workspace)
    {
        Span<T> weights = Elements(prepared, network.ParametersLength);
        Span<T> given = Elements(known, shape.Length);
        Span<T> wanted = Elements(found, shape.Length);
        Span<T> networkOutput = Elements(output, 2 * shape.Length);
        int dims = shape.Dims;
        int last = network.HiddenLayers;
        int conditions = network.Conditions;
        Span<T> conditionRows = ElementsOrNone(condition, (long)shape.Batch * conditions);
        for (int b = 0; b < shape.Batch; b++)
        {
            double[][] values = Activations(network);
            if (conditions > 0)
            {
                WideRow(conditionRows.Slice(b * conditions, conditions), values[0]);
                Hidden(network, weights, values, 0, network.UnitsUpTo(0));
            }

            for (int d = 0; d < dims; d++)
            {
                double mean = Unit(network, weights, values, last, 2 * d);
                double raw = Unit(network, weights, values, last, (2 * d) + 1);
                double logScale = LogScale(raw);
                int i = (b * dims) + d;
                networkOutput[2 * i] = Round(mean);
                networkOutput[(2 * i) + 1] = Round(raw);
                double value = Wide(given[i]);
                wanted[i] = Round(normalize
                    ? (value - mean) * Math.Exp(-logScale)
                    : (value * Math.Exp(logScale)) + mean);
                values[0][conditions + d] = Wide(wanted[i]);
                Hidden(network, weights, values, network.UnitsUpTo(d), network.UnitsUpTo(d + 1));
            }
        }
    }

    /// <inheritdoc/>
    public void AutoregressiveSolveBackward(
        DenseNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView y,
        BufferView output,
        BufferView kept,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView workspace)
    {
        Span<T> weights = Elements(prepared, network.ParametersLength);
        Span<T> result = Elements(y, shape.Length);
        Span<T> networkOutput = Elements(output, 2 * shape.Length);
        Span<T> hidden = Elements(kept, DenseNetworkKeptLength(network, shape.Batch));
        Span<T> gradient = Elements(dy, shape.Length);
        Span<T> dLogDets = Elements(dLogDet, shape.Batch);
        Span<T> inputGradient = Elements(dx, shape.Length);
        Span<T> networkGradient = Elements(dOutput, 2 * shape.Length);
        int dims = shape.Dims;
        double[][] values = Activations(network);
        for (int b = 0; b < shape.Batch; b++)
        {
            double[][] d = Activations(network);
            ReadRow(network, [], hidden, shape.Batch, b, values);
            for (int dim = dims - 1; dim >= 0; dim--)
            {
                // The hidden units whose last input is this dimension: what reads them is of later ones.
                for (int layer = network.HiddenLayers; layer > 0; layer--)
                {
                    for (int unit = network.UnitsUpTo(dim); unit < network.UnitsUpTo(dim + 1); unit++)
                    {
                        d[layer][unit] = values[layer][unit] > 0 ? InputGradient(network, weights, d, layer, unit) : 0;
                    }
                }

                int i = (b * dims) + dim;
                double raw = Wide(networkOutput[(2 * i) + 1]);
                double logScale = LogScale(raw);
                double sum = Wide(gradient[i]) + InputGradient(network, weights, d, 0, network.Conditions + dim);
                inputGradient[i] = Round(sum * Math.Exp(-logScale));
                d[^1][2 * dim] = -sum * Math.Exp(-logScale);
                d[^1][(2 * dim) + 1] = -((sum * Wide(result[i])) + Wide(dLogDets[b])) * LogScaleSlope(raw);
                networkGradient[2 * i] = Round(d[^1][2 * dim]);
                networkGradient[(2 * i) + 1] = Round(d[^1][(2 * dim) + 1]);
            }
        }
    }

    /// <summary>Some hidden units of every layer.</summary>
    private static void Hidden(DenseNetworkShape network, Span<T> weights, double[][] values, int first, int end)
    {
        for (int layer = 0; layer < network.HiddenLayers; layer++)
        {
            for (int unit = first; unit < end; unit++)
            {
                values[layer + 1][unit] = Unit(network, weights, values, layer, unit);
            }
        }
    }

    private static double LogScale(double raw) => raw / (1 + (Math.Abs(raw) / AutoregressiveScale.Bound));

    private static double LogScaleSlope(double raw) => Math.Pow(1 + (Math.Abs(raw) / AutoregressiveScale.Bound), -2);
}
