namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void BatchNormForward(
        ImageShape shape, in BatchNormParameters parameters, BufferView x, BufferView y, BufferView logDet)
    {
        (double[] bias, double[] scale, double[] mean, double[] inverse) = ReadNorm(shape, parameters);
        Span<T> input = Elements(x, shape.Length);
        Span<T> result = Elements(y, shape.Length);
        Span<T> logDets = Elements(logDet, shape.Batch);
        for (int i = 0; i < result.Length; i++)
        {
            int c = i % shape.Channels;
            result[i] = Round((scale[c] * (Wide(input[i]) - mean[c]) * inverse[c]) + bias[c]);
        }

        double sum = 0;
        for (int c = 0; c < shape.Channels; c++)
        {
            sum += Math.Log(scale[c]) + Math.Log(inverse[c]);
        }

        for (int b = 0; b < shape.Batch; b++)
        {
            Add(ref logDets[b], shape.PixelsPerImage * sum);
        }
    }

    /// <inheritdoc/>
    public void BatchNormInverse(ImageShape shape, in BatchNormParameters parameters, BufferView y, BufferView x)
    {
        (double[] bias, double[] scale, double[] mean, double[] inverse) = ReadNorm(shape, parameters);
        Span<T> input = Elements(y, shape.Length);
        Span<T> result = Elements(x, shape.Length);
        for (int i = 0; i < result.Length; i++)
        {
            int c = i % shape.Channels;
            result[i] = Round(mean[c] + ((Wide(input[i]) - bias[c]) / (scale[c] * inverse[c])));
        }
    }

    /// <inheritdoc/>
    public void BatchNormBackward(
        ImageShape shape,
        in BatchNormParameters parameters,
        bool throughStatistics,
        BufferView x,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dBias,
        BufferView dLogScale)
    {
        (double[] _, double[] scale, double[] mean, double[] inverse) = ReadNorm(shape, parameters);
        Span<T> input = Elements(x, shape.Length);
        Span<T> gradient = Elements(dy, shape.Length);
        Span<T> inputGradient = Elements(dx, shape.Length);
        double[] sums = new double[shape.Channels];
        double[] products = new double[shape.Channels];
        double total = 0;
        foreach (T value in Elements(dLogDet, shape.Batch))
        {
            total += Wide(value);
        }

        Array.Fill(products, shape.PixelsPerImage * total);
        for (int i = 0; i < input.Length; i++)
        {
            int c = i % shape.Channels;
            sums[c] += Wide(gradient[i]);
            products[c] += Wide(gradient[i]) * scale[c] * (Wide(input[i]) - mean[c]) * inverse[c];
        }

        for (int i = 0; i < input.Length; i++)
        {
            int c = i % shape.Channels;
            double centered = (Wide(input[i]) - mean[c]) * inverse[c];
            double shared = throughStatistics ? ((scale[c] * sums[c]) + (centered * products[c])) / shape.Pixels : 0;
            inputGradient[i] = Round(inverse[c] * ((scale[c] * Wide(gradient[i])) - shared));
        }

        AddAll(sums, Elements(dBias, shape.Channels));
        AddAll(products, Elements(dLogScale, shape.Channels));
    }

    /// <inheritdoc/>
    public void MoveTowards(BufferView running, BufferView batch, double rate)
    {
        Span<T> values = Elements(running, running.Length);
        Span<T> targets = Elements(batch, running.Length);
        for (int i = 0; i < values.Length; i++)
        {
            if (T.IsFinite(targets[i]))
            {
                Add(ref values[i], rate * (Wide(targets[i]) - Wide(values[i])));
            }
        }
    }

    private static (double[] Bias, double[] Scale, double[] Mean, double[] Inverse) ReadNorm(
        ImageShape shape, BatchNormParameters parameters) =>
        (
            WideArray(parameters.Bias, shape.Channels),
            [.. WideArray(parameters.LogScale, shape.Channels).Select(Math.Exp)],
            WideArray(parameters.Mean, shape.Channels),
            [.. WideArray(parameters.Deviation, shape.Channels).Select(d => 1 / Math.Sqrt((d * d) + parameters.Floor))]);
}
