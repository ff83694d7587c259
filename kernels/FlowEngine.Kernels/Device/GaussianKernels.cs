namespace FlowEngine.Kernels.Device;

/// <summary>A diagonal Gaussian whose mean m and log scale q stand in the 2C channels of a prior.</summary>
internal static partial class GaussianKernels
{
    /// <summary>The elements of an image that a group sums.</summary>
    public const int PartLength = 2_048;

    private const int BlockSize = 256;
    private const float LogTwoPi = 1.837877066f;

    /// <summary>How the elements of z and those of the prior belong together.</summary>
    /// <param name="Batch">B.</param>
    /// <param name="PriorBatch">B, or 1.</param>
    /// <param name="Dims">Elements of an image, P·C.</param>
    /// <param name="Channels">C.</param>
    public readonly record struct Shape(int Batch, int PriorBatch, int Dims, int Channels);

    // partials[b, part] = -½ Σ (ln 2π + 2q + (z - m)² e^(-2q)) over the part's elements.
    [Kernel(BlockSize)]
    private static void LogProb(
        ReadOnlyGlobalView<float> z, ReadOnlyGlobalView<float> prior, GlobalView<float> partials, Shape shape)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * PartLength;
        float sum = 0.0f;
        for (int i = start + Group.IdxX; i < XMath.Min(start + PartLength, shape.Dims); i += BlockSize)
        {
            long mean = Mean(Grid.IdxY, i, shape);
            float logScale = prior[mean + shape.Channels];
            float unit = (z[((long)Grid.IdxY * shape.Dims) + i] - prior[mean]) * XMath.Exp(-logScale);
            sum -= 0.5f * XMath.Fma(unit, unit, LogTwoPi + (2.0f * logScale));
        }

        sum = GroupReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    // dz for every image; dm and dq for every prior, summed over the images that share it. A thread has one element of
    // the prior.
    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> z,
        ReadOnlyGlobalView<float> prior,
        ReadOnlyGlobalView<float> dLogProb,
        GlobalView<float> dz,
        GlobalView<float> dPrior,
        Shape shape)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)shape.PriorBatch * shape.Dims)
        {
            int first = (int)(index / shape.Dims);
            int i = (int)(index % shape.Dims);
            long mean = Mean(first, i, shape);
            float center = prior[mean];
            float inverseScale = XMath.Exp(-prior[mean + shape.Channels]);
            double dMean = 0.0;
            double dLogScale = 0.0;
            int end = shape.PriorBatch == 1 ? shape.Batch : first + 1;
            for (int b = first; b < end; b++)
            {
                float g = dLogProb[b];
                float unit = (z[((long)b * shape.Dims) + i] - center) * inverseScale;
                dz[((long)b * shape.Dims) + i] = -g * unit * inverseScale;
                dMean += (double)(g * unit * inverseScale);
                dLogScale += (double)(g * XMath.Fma(unit, unit, -1.0f));
            }

            dPrior[mean] = (float)dMean;
            dPrior[mean + shape.Channels] = (float)dLogScale;
        }
    }

    // z = m + e^q · temperature · noise.
    [Kernel(BlockSize)]
    private static void Sample(
        [MayAlias] ReadOnlyGlobalView<float> noise,
        ReadOnlyGlobalView<float> prior,
        [MayAlias] GlobalView<float> z,
        float temperature,
        Shape shape)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)shape.Batch * shape.Dims)
        {
            long mean = Mean((int)(index / shape.Dims), (int)(index % shape.Dims), shape);
            float scale = XMath.Exp(prior[mean + shape.Channels]) * temperature;
            z[index] = XMath.Fma(scale, noise[index], prior[mean]);
        }
    }

    // noise = (z - m) e^(-q).
    [Kernel(BlockSize)]
    private static void Standardize(
        [MayAlias] ReadOnlyGlobalView<float> z,
        ReadOnlyGlobalView<float> prior,
        [MayAlias] GlobalView<float> noise,
        Shape shape)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)shape.Batch * shape.Dims)
        {
            long mean = Mean((int)(index / shape.Dims), (int)(index % shape.Dims), shape);
            noise[index] = (z[index] - prior[mean]) * XMath.Exp(-prior[mean + shape.Channels]);
        }
    }

    // Where the mean of an image's element stands; its log scale is C elements after it.
    private static long Mean(int image, int element, Shape shape)
    {
        int pixel = element / shape.Channels;
        int channel = element % shape.Channels;
        long start = shape.PriorBatch == 1 ? 0 : (long)image * 2 * shape.Dims;
        return start + ((long)pixel * 2 * shape.Channels) + channel;
    }
}
