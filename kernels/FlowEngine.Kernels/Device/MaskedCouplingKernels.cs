namespace FlowEngine.Kernels.Device;

/// <summary>RealNVP's coupling; see <see cref="IBackend.MaskedCouplingForward"/> for the formulae.</summary>
internal static partial class MaskedCouplingKernels
{
    /// <summary>The pixels of an image whose log scales a group sums.</summary>
    public const int PixelsPerPart = 64;

    /// <summary>The pixels of the batch over which a group sums the gradients of the factors.</summary>
    public const int PixelsPerFactorPart = 2_048;

    private const int BlockSize = 256;

    /// <summary>A <see cref="CouplingMask"/> and the shape it is for.</summary>
    /// <param name="Pixels">P.</param>
    /// <param name="Width">W.</param>
    /// <param name="Channels">C.</param>
    /// <param name="First">The first channel that is moved.</param>
    /// <param name="Moved">n.</param>
    /// <param name="Color">0 or 1; -1 where all pixels are moved.</param>
    public readonly record struct Sites(int Pixels, int Width, int Channels, int First, int Moved, int Color);

    // A thread has an element of the network's input.
    [Kernel(BlockSize)]
    private static void Input(
        ReadOnlyGlobalView<float> x, GlobalView<float> input, long length, int inputs, Sites sites)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long pixel = i / inputs;
            int c = (int)(i % inputs);
            bool passes = !MovesPixel(pixel, sites);
            float value = 0.0f;
            if (sites.Color < 0)
            {
                value = x[(pixel * sites.Channels) + PassingChannel(c, sites)];
            }
            else if (passes)
            {
                value = 1.0f;
                if (c < sites.Channels)
                {
                    value = x[(pixel * sites.Channels) + c];
                }
            }

            input[i] = value;
        }
    }

    // The same threads; those whose element is of x add its gradient.
    [Kernel(BlockSize)]
    private static void InputBackward(
        ReadOnlyGlobalView<float> dInput, GlobalView<float> dx, long length, int inputs, Sites sites)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long pixel = i / inputs;
            int c = (int)(i % inputs);
            if (sites.Color < 0)
            {
                dx[(pixel * sites.Channels) + PassingChannel(c, sites)] += dInput[i];
            }
            else if (c < sites.Channels && !MovesPixel(pixel, sites))
            {
                dx[(pixel * sites.Channels) + c] += dInput[i];
            }
        }
    }

    // A group has 64 pixels of an image, and writes the sum of their log scales to partials (B, parts).
    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> factor,
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        GlobalView<float> y,
        GlobalView<float> partials,
        Sites sites)
    {
        SharedView<float> sums = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * PixelsPerPart;
        int count = XMath.Min(PixelsPerPart, sites.Pixels - start) * sites.Channels;
        float sum = 0.0f;
        for (int i = Group.IdxX; i < count; i += BlockSize)
        {
            long pixel = ((long)Grid.IdxY * sites.Pixels) + start + (i / sites.Channels);
            int c = (i % sites.Channels) - sites.First;
            long at = (pixel * sites.Channels) + (i % sites.Channels);
            float value = x[at];
            if (c >= 0 && c < sites.Moved && MovesPixel(pixel, sites))
            {
                float scale = factor[c] * Tanh(output[(pixel * 2 * sites.Moved) + c]);
                value = XMath.Fma(value, XMath.Exp(scale), output[(((pixel * 2) + 1) * sites.Moved) + c]);
                sum += scale;
            }

            y[at] = value;
        }

        sum = GroupReduction.Sum(sums, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    // A thread has an element of y.
    [Kernel(BlockSize)]
    private static void Inverse(
        ReadOnlyGlobalView<float> factor,
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> output,
        GlobalView<float> x,
        long length,
        Sites sites)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long pixel = i / sites.Channels;
            int c = (int)(i % sites.Channels) - sites.First;
            float value = y[i];
            if (c >= 0 && c < sites.Moved && MovesPixel(pixel, sites))
            {
                float scale = factor[c] * Tanh(output[(pixel * 2 * sites.Moved) + c]);
                value = (value - output[(((pixel * 2) + 1) * sites.Moved) + c]) * XMath.Exp(-scale);
            }

            x[i] = value;
        }
    }

    // A thread has an element of dy; one that could be moved has its raw scale and its shift too.
    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> factor,
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dx,
        GlobalView<float> dOutput,
        long length,
        Sites sites)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long pixel = i / sites.Channels;
            int c = (int)(i % sites.Channels) - sites.First;
            float gradient = dy[i];
            if (c >= 0 && c < sites.Moved)
            {
                long raw = (pixel * 2 * sites.Moved) + c;
                float dRaw = 0.0f;
                float dShift = 0.0f;
                if (MovesPixel(pixel, sites))
                {
                    float tanh = Tanh(output[raw]);
                    float scaled = gradient * XMath.Exp(factor[c] * tanh);
                    float dScale = XMath.Fma(scaled, x[i], dLogDet[pixel / sites.Pixels]);

                    // 1 - tanh² without a difference of two numbers near 1.
                    float slope = 4.0f * XMath.Sigmoid(2.0f * output[raw]) * XMath.Sigmoid(-2.0f * output[raw]);
                    dRaw = dScale * factor[c] * slope;
                    dShift = gradient;
                    gradient = scaled;
                }

                dOutput[raw] = dRaw;
                dOutput[raw + sites.Moved] = dShift;
            }

            dx[i] = gradient;
        }
    }

    // parts[group, c] = Σ ds tanh r over the group's pixels.
    [Kernel(BlockSize)]
    private static void FactorParts(
        ReadOnlyGlobalView<float> factor,
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> parts,
        int pixels,
        Sites sites)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * PixelsPerFactorPart;
        int end = XMath.Min(start + PixelsPerFactorPart, pixels);
        for (int c = 0; c < sites.Moved; c++)
        {
            float sum = 0.0f;
            for (int pixel = start + Group.IdxX; pixel < end; pixel += BlockSize)
            {
                if (MovesPixel(pixel, sites))
                {
                    long at = ((long)pixel * sites.Channels) + sites.First + c;
                    float tanh = Tanh(output[((long)pixel * 2 * sites.Moved) + c]);
                    float scaled = dy[at] * XMath.Exp(factor[c] * tanh);
                    sum = XMath.Fma(XMath.Fma(scaled, x[at], dLogDet[pixel / sites.Pixels]), tanh, sum);
                }
            }

            sum = GroupReduction.Sum(scratch, sum);
            if (Group.IdxX == 0)
            {
                parts[((long)Grid.IdxX * sites.Moved) + c] = sum;
            }

            Group.Barrier();
        }
    }

    private static bool MovesPixel(long pixel, Sites sites)
    {
        int inImage = (int)(pixel % sites.Pixels);
        int color = ((inImage / sites.Width) + (inImage % sites.Width)) & 1;
        return sites.Color < 0 || sites.Color == color;
    }

    // The channels that pass are those before the run, then those behind it.
    private static int PassingChannel(int c, Sites sites) => c < sites.First ? c : c + sites.Moved;

    private static float Tanh(float raw) => XMath.Sigmoid(2.0f * raw) - XMath.Sigmoid(-2.0f * raw);
}
