namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void ElementwiseForward(ElementwiseMap map, ImageShape shape, BufferView x, BufferView y, BufferView logDet)
    {
        Span<T> input = Elements(x, shape.Length);
        Span<T> result = Elements(y, shape.Length);
        Span<T> logDets = Elements(logDet, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int i = b * shape.Dims; i < (b + 1) * shape.Dims; i++)
            {
                result[i] = Round(map.Forward(Wide(input[i]), out double logSlope));
                sum += logSlope;
            }

            Add(ref logDets[b], sum);
        }
    }

    /// <inheritdoc/>
    public void ElementwiseInverse(ElementwiseMap map, ImageShape shape, BufferView y, BufferView x)
    {
        Span<T> input = Elements(y, shape.Length);
        Span<T> result = Elements(x, shape.Length);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Round(map.Inverse(Wide(input[i])));
        }
    }

    /// <inheritdoc/>
    public void ElementwiseBackward(
        ElementwiseMap map, ImageShape shape, BufferView y, BufferView dy, BufferView dLogDet, BufferView dx)
    {
        Span<T> output = Elements(y, shape.Length);
        Span<T> gradient = Elements(dy, shape.Length);
        Span<T> logDetGradient = Elements(dLogDet, shape.Batch);
        Span<T> inputGradient = Elements(dx, shape.Length);
        for (int i = 0; i < output.Length; i++)
        {
            inputGradient[i] = Round(map.Backward(
                Wide(output[i]), Wide(gradient[i]), Wide(logDetGradient[i / shape.Dims])));
        }
    }
}
