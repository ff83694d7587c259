namespace FlowEngine.Kernels.Device;

/// <summary>The inverse hyperbolic sine; see <see cref="AsinhMap"/> for the formulae.</summary>
internal static partial class AsinhKernels
{
    private const int BlockSize = 256;

    // partials[b, part] = -½ Σ ln(1 + (x/s)²) over the part's elements.
    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> x, GlobalView<float> y, GlobalView<float> partials, int dims, float scale)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * ElementwiseKernels.PartLength;
        int end = XMath.Min(start + ElementwiseKernels.PartLength, dims);
        float sum = 0.0f;
        for (int i = start + Group.IdxX; i < end; i += BlockSize)
        {
            long at = ((long)Grid.IdxY * dims) + i;
            float ratio = x[at] / scale;
            float root = XMath.Sqrt(XMath.Fma(ratio, ratio, 1.0f));
            float size = XMath.Log(XMath.Abs(ratio) + root) * scale;
            y[at] = ratio < 0.0f ? -size : size;
            sum -= XMath.Log(root);
        }

        sum = GroupReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    [Kernel(BlockSize)]
    private static void Inverse(ReadOnlyGlobalView<float> y, GlobalView<float> x, long length, float scale)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float ratio = y[i] / scale;
            x[i] = ((0.5f * XMath.Exp(ratio)) - (0.5f * XMath.Exp(-ratio))) * scale;
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
        float scale)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float ratio = y[i] / scale;
            float e = XMath.Exp(-XMath.Abs(ratio));
            float sum = XMath.Fma(e, e, 1.0f);
            float size = (1.0f - (e * e)) / sum;
            float tanh = ratio < 0.0f ? -size : size;
            dx[i] = (e + e) / sum * XMath.Fma(-tanh / scale, dLogDet[i / dims], dy[i]);
        }
    }
}
