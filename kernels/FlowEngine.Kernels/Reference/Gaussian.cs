namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void GaussianLogProb(ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView logProb)
    {
        Span<T> latent = Elements(z, shape.Length);
        Span<T> parameters = PriorElements(shape, prior, priorBatch);
        Span<T> logProbs = Elements(logProb, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int i = b * shape.Dims; i < (b + 1) * shape.Dims; i++)
            {
                int m = MeanIndex(shape, priorBatch, i);
                double logScale = Wide(parameters[m + shape.Channels]);
                double noise = (Wide(latent[i]) - Wide(parameters[m])) * Math.Exp(-logScale);
                sum -= 0.5 * (Math.Log(2 * Math.PI) + (2 * logScale) + (noise * noise));
            }

            Add(ref logProbs[b], sum);
        }
    }

    /// <inheritdoc/>
    public void GaussianBackward(
        ImageShape shape,
        BufferView z,
        BufferView prior,
        int priorBatch,
        BufferView dLogProb,
        BufferView dz,
        BufferView dPrior)
    {
        Span<T> latent = Elements(z, shape.Length);
        Span<T> parameters = PriorElements(shape, prior, priorBatch);
        Span<T> dLogProbs = Elements(dLogProb, shape.Batch);
        Span<T> latentGradient = Elements(dz, shape.Length);
        double[] priorGradient = new double[parameters.Length];
        for (int i = 0; i < latent.Length; i++)
        {
            int m = MeanIndex(shape, priorBatch, i);
            double g = Wide(dLogProbs[i / shape.Dims]);
            double difference = Wide(latent[i]) - Wide(parameters[m]);
            double u = difference * Math.Exp(-2 * Wide(parameters[m + shape.Channels]));
            latentGradient[i] = Round(-g * u);
            priorGradient[m] += g * u;
            priorGradient[m + shape.Channels] += g * ((difference * u) - 1);
        }

        Store(priorGradient, dPrior);
    }

    /// <inheritdoc/>
    public void GaussianSample(
        ImageShape shape, BufferView noise, BufferView prior, int priorBatch, double temperature, BufferView z)
    {
        Span<T> standard = Elements(noise, shape.Length);
        Span<T> parameters = PriorElements(shape, prior, priorBatch);
        Span<T> latent = Elements(z, shape.Length);
        for (int i = 0; i < latent.Length; i++)
        {
            int m = MeanIndex(shape, priorBatch, i);
            double scale = Math.Exp(Wide(parameters[m + shape.Channels])) * temperature;
            latent[i] = Round(Wide(parameters[m]) + (scale * Wide(standard[i])));
        }
    }

    /// <inheritdoc/>
    public void GaussianStandardize(ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView noise)
    {
        Span<T> latent = Elements(z, shape.Length);
        Span<T> parameters = PriorElements(shape, prior, priorBatch);
        Span<T> standard = Elements(noise, shape.Length);
        for (int i = 0; i < latent.Length; i++)
        {
            int m = MeanIndex(shape, priorBatch, i);
            double scale = Math.Exp(-Wide(parameters[m + shape.Channels]));
            standard[i] = Round((Wide(latent[i]) - Wide(parameters[m])) * scale);
        }
    }

    /// <inheritdoc/>
    public void SumChannels(ImageShape shape, BufferView x, BufferView sums)
    {
        Span<T> input = Elements(x, shape.Length);
        double[] totals = new double[shape.Channels];
        for (int i = 0; i < input.Length; i++)
        {
            totals[i % shape.Channels] += Wide(input[i]);
        }

        AddAll(totals, Elements(sums, shape.Channels));
    }

    private static Span<T> PriorElements(ImageShape shape, BufferView prior, int priorBatch)
    {
        if (priorBatch != 1 && priorBatch != shape.Batch)
        {
            throw new ArgumentOutOfRangeException(nameof(priorBatch), priorBatch, "expected 1 or the batch");
        }

        return Elements(prior, 2L * priorBatch * shape.Dims);
    }

    // Where the mean of element i of z stands in the prior; its log scale is C further on.
    private static int MeanIndex(ImageShape shape, int priorBatch, int i)
    {
        (int pixel, int channel) = int.DivRem(i, shape.Channels);
        int priorPixel = priorBatch == 1 ? pixel % shape.PixelsPerImage : pixel;
        return (priorPixel * 2 * shape.Channels) + channel;
    }
}
