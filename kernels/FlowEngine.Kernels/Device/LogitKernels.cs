namespace FlowEngine.Kernels.Device;

/// <summary>Images to the whole line; see <see cref="LogitMap"/> for the formulae.</summary>
internal static partial class LogitKernels
{
    private const int BlockSize = 256;
    private const uint MinusInfinity = 0xff800000u;

    // partials[b, part] = Σ ln(1 - 2α) - ln p - ln(1 - p) over the part's elements.
    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> x, GlobalView<float> y, GlobalView<float> partials, int dims, float margin)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * ElementwiseKernels.PartLength;
        float slope = 1.0f - (2.0f * margin);
        float constant = XMath.Log(slope);
        float sum = 0.0f;
        for (int i = start + Group.IdxX; i < XMath.Min(start + ElementwiseKernels.PartLength, dims); i += BlockSize)
        {
            long at = ((long)Grid.IdxY * dims) + i;
            float p = XMath.Fma(slope, x[at] + 0.5f, margin);
            float rest = XMath.Fma(slope, 0.5f - x[at], margin);
            if (p <= 0.0f || rest <= 0.0f)
            {
                y[at] = 0.0f;
                sum += XMath.AsSingle(MinusInfinity);
            }
            else
            {
                float logP = XMath.Log(p);
                float logRest = XMath.Log(rest);
                y[at] = logP - logRest;
                sum += constant - (logP + logRest);
            }
        }

        sum = GroupReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    [Kernel(BlockSize)]
    private static void Inverse(ReadOnlyGlobalView<float> y, GlobalView<float> x, long length, float margin)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            x[i] = ((XMath.Sigmoid(y[i]) - margin) / (1.0f - (2.0f * margin))) - 0.5f;
        }
    }

    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dx,
        long length,
        int dims,
        float margin)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float p = XMath.Sigmoid(y[i]);
            float rest = XMath.Sigmoid(-y[i]);
            float gradient = XMath.Fma(p - rest, dLogDet[i / dims], dy[i]);
            dx[i] = (1.0f - (2.0f * margin)) / (p * rest) * gradient;
        }
    }
}
