namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void LogitForward(ImageShape shape, double margin, BufferView x, BufferView y, BufferView logDet)
    {
        Span<T> input = Elements(x, shape.Length);
        Span<T> result = Elements(y, shape.Length);
        Span<T> logDets = Elements(logDet, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int i = b * shape.Dims; i < (b + 1) * shape.Dims; i++)
            {
                double p = margin + ((1 - (2 * margin)) * (Wide(input[i]) + 0.5));
                bool isOutside = p <= 0 || p >= 1;
                result[i] = Round(isOutside ? 0 : Math.Log(p) - Math.Log(1 - p));
                sum += isOutside
                    ? double.NegativeInfinity
                    : Math.Log(1 - (2 * margin)) - Math.Log(p) - Math.Log(1 - p);
            }

            Add(ref logDets[b], sum);
        }
    }

    /// <inheritdoc/>
    public void LogitInverse(ImageShape shape, double margin, BufferView y, BufferView x)
    {
        Span<T> input = Elements(y, shape.Length);
        Span<T> result = Elements(x, shape.Length);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Round(((Sigmoid(Wide(input[i])) - margin) / (1 - (2 * margin))) - 0.5);
        }
    }

    /// <inheritdoc/>
    public void LogitBackward(
        ImageShape shape, double margin, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx)
    {
        Span<T> output = Elements(y, shape.Length);
        Span<T> gradient = Elements(dy, shape.Length);
        Span<T> logDetGradient = Elements(dLogDet, shape.Batch);
        Span<T> inputGradient = Elements(dx, shape.Length);
        for (int i = 0; i < output.Length; i++)
        {
            double value = Wide(output[i]);
            (double p, double rest) = (Sigmoid(value), Sigmoid(-value));
            double ofLogDet = (p - rest) * Wide(logDetGradient[i / shape.Dims]);
            inputGradient[i] = Round((1 - (2 * margin)) / (p * rest) * (Wide(gradient[i]) + ofLogDet));
        }
    }
}
