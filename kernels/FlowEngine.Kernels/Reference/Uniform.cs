namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void UniformLogProb(ImageShape shape, BufferView z, BufferView bounds, BufferView logProb)
    {
        Span<T> latent = Elements(z, shape.Length);
        Span<T> sides = Elements(bounds, 2L * shape.Dims);
        Span<T> logProbs = Elements(logProb, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int d = 0; d < shape.Dims; d++)
            {
                double value = Wide(latent[(b * shape.Dims) + d]);
                (double least, double most) = (Wide(sides[d]), Wide(sides[shape.Dims + d]));
                sum += value >= least && value <= most ? -Math.Log(most - least)
                    : double.IsNaN(value) ? value
                    : double.NegativeInfinity;
            }

            Add(ref logProbs[b], sum);
        }
    }

    /// <inheritdoc/>
    public void UniformSample(
        ImageShape shape, BufferView uniform, BufferView bounds, double temperature, BufferView z)
    {
        Span<T> uniforms = Elements(uniform, shape.Length);
        Span<T> sides = Elements(bounds, 2L * shape.Dims);
        Span<T> latent = Elements(z, shape.Length);
        for (int i = 0; i < latent.Length; i++)
        {
            int d = i % shape.Dims;
            (double least, double most) = (Wide(sides[d]), Wide(sides[shape.Dims + d]));
            double place = Math.FusedMultiplyAdd(temperature, Wide(uniforms[i]) - 0.5, 0.5);
            latent[i] = Round(Math.FusedMultiplyAdd(most - least, place, least));
        }
    }
}
