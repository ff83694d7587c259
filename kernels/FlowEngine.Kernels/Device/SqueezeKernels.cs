namespace FlowEngine.Kernels.Device;

/// <summary>y[h, w, 4c + 2i + j] = x[2h + i, 2w + j, c], and back. A thread has one element of x.</summary>
internal static partial class SqueezeKernels
{
    private const int BlockSize = 256;

    /// <summary>Where an element lies in an image that kernels read or write with or without its squeeze.</summary>
    /// <param name="first">A pixel, counted through the batch.</param>
    /// <param name="i">The element, counted from that pixel's first: C for each pixel on, and 4c + 2i + j.</param>
    /// <param name="channels">C, after the squeeze.</param>
    /// <param name="width">W, after the squeeze; 0 for an image as it is.</param>
    public static long Place(int first, int i, int channels, int width)
    {
        long place = ((long)first * channels) + i;
        if (width != 0)
        {
            // A block begins two rows of 2W pixels down for each row above it, two pixels right for each to its left.
            int pixel = first + (i / channels);
            int element = i % channels;
            int half = channels / 2;
            place = (((2L * pixel) - (pixel % width)) * half) + ((long)(element / 2 % 2) * width * half)
                + (element % 2 * (channels / 4)) + (element / 4);
        }

        return place;
    }

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
