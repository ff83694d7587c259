namespace FlowEngine.Kernels.Device;

/// <summary>The channels of each pixel in another order. A thread has one element.</summary>
internal static partial class PermutationKernels
{
    private const int BlockSize = 256;

    [Kernel(BlockSize)]
    private static void Permute(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> permutation,
        GlobalView<float> y,
        long length,
        int channels,
        int isInverse)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            int c = (int)(i % channels);
            long other = i - c + (int)permutation[c];
            if (isInverse != 0)
            {
                y[other] = x[i];
            }
            else
            {
                y[i] = x[other];
            }
        }
    }
}
