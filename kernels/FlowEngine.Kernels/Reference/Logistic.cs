namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void LogisticLogProb(ImageShape shape, BufferView z, BufferView logProb)
    {
        Span<T> latent = Elements(z, shape.Length);
        Span<T> logProbs = Elements(logProb, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int i = b * shape.Dims; i < (b + 1) * shape.Dims; i++)
            {
                sum += LogSigmoid(Wide(latent[i])) + LogSigmoid(-Wide(latent[i]));
            }

            Add(ref logProbs[b], sum);
        }
    }

    /// <inheritdoc/>
    public void LogisticBackward(ImageShape shape, BufferView z, BufferView dLogProb, BufferView dz)
    {
        Span<T> latent = Elements(z, shape.Length);
        Span<T> dLogProbs = Elements(dLogProb, shape.Batch);
        Span<T> gradient = Elements(dz, shape.Length);
        for (int i = 0; i < latent.Length; i++)
        {
            gradient[i] = Round(-Wide(dLogProbs[i / shape.Dims]) * Math.Tanh(Wide(latent[i]) / 2));
        }
    }

    /// <inheritdoc/>
    public void LogisticSample(ImageShape shape, BufferView uniform, double temperature, BufferView z)
    {
        const double Half = 1.0 / (1 << 25);

        Span<T> uniforms = Elements(uniform, shape.Length);
        Span<T> latent = Elements(z, shape.Length);
        for (int i = 0; i < latent.Length; i++)
        {
            double u = Wide(uniforms[i]);
            latent[i] = Round(temperature * (Math.Log(u + Half) - Math.Log(1 - u - Half)));
        }
    }
}
