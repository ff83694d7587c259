namespace FlowEngine.Kernels.Device;

/// <summary>
/// RealNVP's coupling network beside its products, which are <see cref="PixelNetworkKernels"/>'s; see
/// <see cref="ResidualNetworkShape"/> for the formulae.
/// </summary>
internal static partial class ResidualNetworkKernels
{
    private const int BlockSize = 256;
    private const float NormFloor = 1e-12f;

    // A group has an output channel: r, and its row of the weight times r.
    [Kernel(BlockSize)]
    private static void Normalize(
        ReadOnlyGlobalView<float> weight,
        ReadOnlyGlobalView<float> logScale,
        GlobalView<float> normalized,
        GlobalView<float> scales,
        int depth)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        long row = (long)Grid.IdxX * depth;
        float sum = 0.0f;
        for (int k = Group.IdxX; k < depth; k += BlockSize)
        {
            sum = XMath.Fma(weight[row + k], weight[row + k], sum);
        }

        float scale = XMath.Exp(logScale[Grid.IdxX]) / XMath.Sqrt(GroupReduction.Sum(scratch, sum) + NormFloor);
        for (int k = Group.IdxX; k < depth; k += BlockSize)
        {
            normalized[row + k] = scale * weight[row + k];
        }

        if (Group.IdxX == 0)
        {
            scales[Grid.IdxX] = scale;
        }
    }

    // A group has an output channel: from dW to dv and dls, added to.
    [Kernel(BlockSize)]
    private static void Denormalize(
        ReadOnlyGlobalView<float> weight,
        ReadOnlyGlobalView<float> scales,
        ReadOnlyGlobalView<float> gradient,
        GlobalView<float> dWeight,
        GlobalView<float> dLogScale,
        int depth)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        long row = (long)Grid.IdxX * depth;
        float square = 0.0f;
        float product = 0.0f;
        for (int k = Group.IdxX; k < depth; k += BlockSize)
        {
            square = XMath.Fma(weight[row + k], weight[row + k], square);
            product = XMath.Fma(weight[row + k], gradient[row + k], product);
        }

        float norm = GroupReduction.Sum(scratch, square) + NormFloor;
        Group.Barrier();
        float total = GroupReduction.Sum(scratch, product);
        float scale = scales[Grid.IdxX];
        float share = total / norm;
        for (int k = Group.IdxX; k < depth; k += BlockSize)
        {
            dWeight[row + k] += scale * (gradient[row + k] - (weight[row + k] * share));
        }

        if (Group.IdxX == 0)
        {
            dLogScale[Grid.IdxX] += scale * total;
        }
    }

    // to = max(from, 0); NaN stays NaN.
    [Kernel(BlockSize)]
    private static void Rectify(ReadOnlyGlobalView<float> from, GlobalView<float> to, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            to[i] = from[i] < 0.0f ? 0.0f : from[i];
        }
    }

    // target[q, n] = (what it holds +) the gradient of value n of pixel q, where the gate is positive, else 0: Σ over taps of
    // dPatches[p, tap, n], p the pixel whose tap reads q.
    [Kernel(BlockSize)]
    private static void GatherPatches(
        ReadOnlyGlobalView<float> dPatches,
        [MayAlias] ReadOnlyGlobalView<float> gate,
        [MayAlias] GlobalView<float> target,
        int pixels,
        int height,
        int width,
        int channels,
        int adds)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)pixels * channels)
        {
            int q = (int)(index / channels);
            int n = (int)(index % channels);
            float sum = 0.0f;
            for (int tap = 0; tap < Neighbors.Taps; tap++)
            {
                int p = Neighbors.Of(q, Neighbors.Taps - 1 - tap, height, width);
                if (p >= 0)
                {
                    sum += dPatches[((((long)p * Neighbors.Taps) + tap) * channels) + n];
                }
            }

            float passed = gate[index] > 0.0f ? sum : 0.0f;
            if (adds != 0)
            {
                passed += target[index];
            }

            target[index] = passed;
        }
    }
}
