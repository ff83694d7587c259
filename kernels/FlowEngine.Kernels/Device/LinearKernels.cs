namespace FlowEngine.Kernels.Device;

/// <summary>A linear map of rows of conditions. A thread has one element of the result.</summary>
internal static partial class LinearKernels
{
    private const int BlockSize = 256;

    // y[b, o] += Σ_n c[b, n] W[n, o].
    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> condition,
        ReadOnlyGlobalView<float> weight,
        GlobalView<float> y,
        long length,
        int inputs,
        int outputs)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long row = i / outputs;
            long output = i % outputs;
            float sum = y[i];
            for (int n = 0; n < inputs; n++)
            {
                float factor = condition[(row * inputs) + n];
                if (factor != 0.0f)
                {
                    sum = XMath.Fma(factor, weight[((long)n * outputs) + output], sum);
                }
            }

            y[i] = sum;
        }
    }

    // dW[n, o] += Σ_b c[b, n] dy[b, o].
    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> condition,
        ReadOnlyGlobalView<float> dy,
        GlobalView<float> dWeight,
        long length,
        int rows,
        int inputs,
        int outputs)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long input = i / outputs;
            long output = i % outputs;
            double sum = 0.0;
            for (int b = 0; b < rows; b++)
            {
                float factor = condition[((long)b * inputs) + input];
                if (factor != 0.0f)
                {
                    sum += (double)factor * (double)dy[((long)b * outputs) + output];
                }
            }

            dWeight[i] = (float)((double)dWeight[i] + sum);
        }
    }

    // dc[b, n] += Σ_o W[n, o] dy[b, o].
    [Kernel(BlockSize)]
    private static void ConditionBackward(
        ReadOnlyGlobalView<float> weight,
        ReadOnlyGlobalView<float> dy,
        GlobalView<float> dCondition,
        long length,
        int inputs,
        int outputs)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long row = i / inputs;
            long input = i % inputs;
            double sum = 0.0;
            for (int o = 0; o < outputs; o++)
            {
                sum += (double)weight[(input * outputs) + o] * (double)dy[(row * outputs) + o];
            }

            dCondition[i] = (float)((double)dCondition[i] + sum);
        }
    }
}
