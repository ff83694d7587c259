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

    private static double LogScale(double raw) => raw / (1 + (Math.Abs(raw) / AutoregressiveScale.Bound));

    private static double LogScaleSlope(double raw) => Math.Pow(1 + (Math.Abs(raw) / AutoregressiveScale.Bound), -2);
}
