namespace FlowEngine.Kernels.Device;

/// <summary>
/// Between a backend's float32 and the arrays of a caller in device memory: what the host does for arrays in its own, to
/// the same bits. A thread has one element, but of the largest difference: there a group has one image.
/// </summary>
internal static partial class CallerArrayKernels
{
    private const int BlockSize = 256;
    private const uint NotANumber = 0x7fc00000u;

    // logProb = logPrior + logDet, in float64.
    [Kernel(BlockSize)]
    private static void LogProb(
        ReadOnlyGlobalView<float> logPrior, ReadOnlyGlobalView<float> logDet, GlobalView<double> logProb, int length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            logProb[i] = (double)logPrior[i] + (double)logDet[i];
        }
    }

    // bits = (D ln bins - logPrior - logDet) / (D ln 2), in float64.
    [Kernel(BlockSize)]
    private static void BitsPerDim(
        ReadOnlyGlobalView<float> logPrior,
        ReadOnlyGlobalView<float> logDet,
        GlobalView<double> bits,
        double wholeRange,
        double wholeBit,
        int length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            bits[i] = (wholeRange - ((double)logPrior[i] + (double)logDet[i])) / wholeBit;
        }
    }

    // destination[i] = first + i.
    [Kernel(BlockSize)]
    private static void Count(GlobalView<uint> destination, uint first, int length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            destination[i] = first + (uint)i;
        }
    }

    // x = NaN where the level is not below bins.
    [Kernel(BlockSize)]
    private static void MarkBadLevels(ReadOnlyGlobalView<byte> levels, GlobalView<float> x, int bins, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length && levels[i] >= bins)
        {
            x[i] = XMath.AsSingle(NotANumber);
        }
    }

    // level = floor((x + ½) bins), clamped; NaN becomes 0.
    [Kernel(BlockSize)]
    private static void Quantize(ReadOnlyGlobalView<float> x, GlobalView<byte> levels, float bins, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float level = (x[i] + 0.5f) * bins;
            levels[i] = level > 0.0f ? (byte)XMath.Min(level, bins - 1.0f) : (byte)0;
        }
    }

    // largest[image] = max |left - right| in float64; NaN if one is.
    [Kernel(BlockSize)]
    private static void LargestDifference(
        ReadOnlyGlobalView<float> left, ReadOnlyGlobalView<float> right, GlobalView<double> largest, int dims)
    {
        SharedView<double> scratch = SharedMemory.Allocate<double>(BlockSize);
        long first = (long)Grid.IdxX * dims;
        double mine = 0.0;
        for (int i = Group.IdxX; i < dims; i += BlockSize)
        {
            double difference = (double)left[first + i] - (double)right[first + i];
            mine = Larger(mine, difference < 0.0 ? -difference : difference);
        }

        scratch[Group.IdxX] = mine;
        Group.Barrier();
        for (int half = BlockSize / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                scratch[Group.IdxX] = Larger(scratch[Group.IdxX], scratch[Group.IdxX + half]);
            }

            Group.Barrier();
        }

        if (Group.IdxX == 0)
        {
            largest[Grid.IdxX] = scratch[0];
        }
    }

    // The sum of two that do not compare is NaN.
    private static double Larger(double left, double right) =>
        left > right ? left : left <= right ? right : left + right;
}
