namespace FlowEngine.Kernels.Device;

/// <summary>The uniform distribution in a box, whose bounds are (2, dims).</summary>
internal static partial class UniformKernels
{
    /// <summary>The elements of a row that a group sums.</summary>
    public const int PartLength = 2_048;

    private const int BlockSize = 256;
    private const uint MinusInfinity = 0xff800000u;

    // partials[b, part] = -Σ ln(b - a) over the part's elements, or -∞.
    [Kernel(BlockSize)]
    private static void LogProb(
        ReadOnlyGlobalView<float> z, ReadOnlyGlobalView<float> bounds, GlobalView<float> partials, int dims)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * PartLength;
        float sum = 0.0f;
        for (int i = start + Group.IdxX; i < XMath.Min(start + PartLength, dims); i += BlockSize)
        {
            float value = z[((long)Grid.IdxY * dims) + i];
            float least = bounds[i];
            float most = bounds[dims + i];
            if (value < least || value > most)
            {
                sum += XMath.AsSingle(MinusInfinity);
            }
            else
            {
                // 0 · NaN is NaN.
                sum -= XMath.Fma(value, 0.0f, XMath.Log(most - least));
            }
        }

        sum = GroupReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    // z = a + (b - a) (1/2 + temperature · (u - 1/2)).
    [Kernel(BlockSize)]
    private static void Sample(
        [MayAlias] ReadOnlyGlobalView<float> uniform,
        ReadOnlyGlobalView<float> bounds,
        [MayAlias] GlobalView<float> z,
        float temperature,
        long length,
        int dims)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            int column = (int)(i % dims);
            float least = bounds[column];
            z[i] = XMath.Fma(bounds[dims + column] - least, XMath.Fma(temperature, uniform[i] - 0.5f, 0.5f), least);
        }
    }
}
