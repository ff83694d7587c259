namespace FlowEngine.Kernels.Device;

/// <summary>The standard logistic distribution in each dimension.</summary>
internal static partial class LogisticKernels
{
    /// <summary>The elements of an image that a group sums.</summary>
    public const int PartLength = 2_048;

    private const int BlockSize = 256;
    private const float Half = 2.98023224e-8f;

    // partials[b, part] = -Σ (|z| + 2 ln(1 + e^(-|z|))) over the part's elements.
    [Kernel(BlockSize)]
    private static void LogProb(ReadOnlyGlobalView<float> z, GlobalView<float> partials, int dims)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * PartLength;
        float sum = 0.0f;
        for (int i = start + Group.IdxX; i < XMath.Min(start + PartLength, dims); i += BlockSize)
        {
            float size = XMath.Abs(z[((long)Grid.IdxY * dims) + i]);
            float logSigmoid = XMath.LogSigmoid(size);
            sum += (logSigmoid + logSigmoid) - size;
        }

        sum = GroupReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    // dz = -g tanh(z / 2).
    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> z, ReadOnlyGlobalView<float> dLogProb, GlobalView<float> dz, long length, int dims)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            dz[i] = dLogProb[i / dims] * (XMath.Sigmoid(-z[i]) - XMath.Sigmoid(z[i]));
        }
    }

    // z = temperature · (ln(u + 2^-25) - ln(1 - u - 2^-25)).
    [Kernel(BlockSize)]
    private static void Sample(
        [MayAlias] ReadOnlyGlobalView<float> uniform, [MayAlias] GlobalView<float> z, float temperature, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float u = uniform[i];
            z[i] = (XMath.Log(u + Half) - XMath.Log((1.0f - u) - Half)) * temperature;
        }
    }
}
