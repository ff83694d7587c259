namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void LinearForward(int rows, BufferView condition, BufferView weight, BufferView y)
    {
        int inputs = (int)(condition.Length / rows);
        int outputs = (int)(y.Length / rows);
        Span<T> c = Elements(condition, (long)rows * inputs);
        Span<T> w = Elements(weight, (long)inputs * outputs);
        Span<T> result = Elements(y, (long)rows * outputs);
        for (int i = 0; i < result.Length; i++)
        {
            (int row, int output) = int.DivRem(i, outputs);
            double sum = Wide(result[i]);
            for (int n = 0; n < inputs; n++)
            {
                double factor = Wide(c[(row * inputs) + n]);
                sum += factor == 0 ? 0 : factor * Wide(w[(n * outputs) + output]);
            }

            result[i] = Round(sum);
        }
    }

    /// <inheritdoc/>
    public void LinearBackward(
        int rows, BufferView condition, BufferView dy, BufferView weight, BufferView dWeight, BufferView dCondition)
    {
        int inputs = (int)(condition.Length / rows);
        int outputs = (int)(dy.Length / rows);
        Span<T> c = Elements(condition, (long)rows * inputs);
        Span<T> gradient = Elements(dy, (long)rows * outputs);
        double[] sums = new double[inputs * outputs];
        for (int i = 0; i < sums.Length; i++)
        {
            (int input, int output) = int.DivRem(i, outputs);
            for (int b = 0; b < rows; b++)
            {
                double factor = Wide(c[(b * inputs) + input]);
                sums[i] += factor == 0 ? 0 : factor * Wide(gradient[(b * outputs) + output]);
            }
        }

        AddAll(sums, Elements(dWeight, (long)inputs * outputs));
        Span<T> w = Elements(weight, (long)inputs * outputs);
        Span<T> inputGradient = ElementsOrNone(dCondition, (long)rows * inputs);
        for (int i = 0; i < inputGradient.Length; i++)
        {
            (int row, int input) = int.DivRem(i, inputs);
            double sum = 0;
            for (int output = 0; output < outputs; output++)
            {
                sum += Wide(w[(input * outputs) + output]) * Wide(gradient[(row * outputs) + output]);
            }

            Add(ref inputGradient[i], sum);
        }
    }
}
