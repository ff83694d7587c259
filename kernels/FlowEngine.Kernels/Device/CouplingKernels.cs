namespace FlowEngine.Kernels.Device;

/// <summary>The coupling alone. A thread has a channel of x₂ and its twin of x₁, where there is one.</summary>
/// <remarks>
/// The groups of an image are parts of its pixels; each writes the sum of its log-scales to partials (B, parts), to be
/// added in order. Reads and writes of an element are of one thread: x and y may be the same.
/// </remarks>
internal static partial class CouplingKernels
{
    /// <summary>The pixels of a group.</summary>
    public const int PixelsPerPart = 64;

    private const int BlockSize = 256;

    [Kernel(BlockSize)]
    private static void Forward(
        [MayAlias] ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        [MayAlias] GlobalView<float> y,
        GlobalView<float> partials,
        int pixels,
        int channels,
        int affine)
    {
        SharedView<float> sums = SharedMemory.Allocate<float>(BlockSize);
        int kept = channels / 2;
        int half = channels - kept;
        long image = (long)Grid.IdxY * pixels;
        int start = Grid.IdxX * PixelsPerPart;
        int count = XMath.Min(PixelsPerPart, pixels - start) * half;
        float sum = 0.0f;
        for (int i = Group.IdxX; i < count; i += BlockSize)
        {
            long pixel = image + start + (i / half);
            int c = i % half;
            float x1 = x[(pixel * channels) + c];
            float x2 = x[(pixel * channels) + kept + c];
            if (affine != 0)
            {
                float raw = output[(pixel * 2 * half) + c] + 2.0f;
                x2 = XMath.Sigmoid(raw) * (x2 + output[(pixel * 2 * half) + half + c]);
                sum += XMath.LogSigmoid(raw);
            }
            else
            {
                x2 += output[(pixel * half) + c];
            }

            if (c < kept)
            {
                y[(pixel * channels) + c] = x1;
            }

            y[(pixel * channels) + kept + c] = x2;
        }

        sum = GroupReduction.Sum(sums, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    [Kernel(BlockSize)]
    private static void Inverse(
        [MayAlias] ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> output,
        [MayAlias] GlobalView<float> x,
        long length,
        int channels,
        int affine)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            int kept = channels / 2;
            int half = channels - kept;
            long pixel = i / half;
            int c = (int)(i % half);
            float y1 = y[(pixel * channels) + c];
            float y2 = y[(pixel * channels) + kept + c];
            if (affine != 0)
            {
                float scale = XMath.Sigmoid(output[(pixel * 2 * half) + c] + 2.0f);
                y2 = (y2 / scale) - output[(pixel * 2 * half) + half + c];
            }
            else
            {
                y2 -= output[(pixel * half) + c];
            }

            if (c < kept)
            {
                x[(pixel * channels) + c] = y1;
            }

            x[(pixel * channels) + kept + c] = y2;
        }
    }

    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> output,
        [MayAlias] ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        [MayAlias] GlobalView<float> dx,
        GlobalView<float> dOutput,
        long length,
        int pixels,
        int channels,
        int affine)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            int kept = channels / 2;
            int half = channels - kept;
            long pixel = i / half;
            int c = (int)(i % half);
            float dy1 = dy[(pixel * channels) + c];
            float dx2 = dy[(pixel * channels) + kept + c];
            if (affine != 0)
            {
                float raw = output[(pixel * 2 * half) + c] + 2.0f;

                // 1 - s is sigmoid(-raw): no digits are lost where s is near 1.
                float y2 = y[(pixel * channels) + kept + c];
                dOutput[(pixel * 2 * half) + c] =
                    XMath.Sigmoid(-raw) * XMath.Fma(dx2, y2, dLogDet[pixel / pixels]);
                dx2 *= XMath.Sigmoid(raw);
                dOutput[(pixel * 2 * half) + half + c] = dx2;
            }
            else
            {
                dOutput[(pixel * half) + c] = dx2;
            }

            if (c < kept)
            {
                dx[(pixel * channels) + c] = dy1;
            }

            dx[(pixel * channels) + kept + c] = dx2;
        }
    }
}
