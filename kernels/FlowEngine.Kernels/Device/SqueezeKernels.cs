namespace FlowEngine.Kernels.Device;

/// <summary>y[h, w, 4c + 2i + j] = x[2h + i, 2w + j, c], and back. A thread has one element of x.</summary>
internal static partial class SqueezeKernels
{
    private const int BlockSize = 256;

    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> x, GlobalView<float> y, long length, int height, int width, int channels)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            y[Squeezed(i, height, width, channels)] = x[i];
        }
    }

    [Kernel(BlockSize)]
    private static void Inverse(
        ReadOnlyGlobalView<float> y, GlobalView<float> x, long length, int height, int width, int channels)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            x[i] = y[Squeezed(i, height, width, channels)];
        }
    }

    private static long Squeezed(long i, int height, int width, int channels)
    {
        int c = (int)(i % channels);
        long pixel = i / channels;
        int column = (int)(pixel % width);
        int row = (int)(pixel / width % height);
        long image = pixel / width / height;
        long place = (((image * (height / 2)) + (row / 2)) * (width / 2)) + (column / 2);
        return (place * 4 * channels) + (4 * c) + (2 * (row % 2)) + (column % 2);
    }
}
