namespace FlowEngine.Kernels.Device;

/// <summary>output = e^(3k) (conv3x3(x) + b), and its gradients.</summary>
internal static partial class ZeroConvolutionKernels
{
    /// <summary>The pixels of a group where gradients are summed.</summary>
    public const int PixelsPerPart = 256;

    private const int BlockSize = 256;

    /// <summary>The sizes.</summary>
    /// <param name="Pixels">B·P.</param>
    /// <param name="Height">H.</param>
    /// <param name="Width">W.</param>
    /// <param name="Inputs">I.</param>
    /// <param name="Outputs">O.</param>
    /// <param name="OutsideReadsOne">1 if taps outside the image read 1.</param>
    public readonly record struct Shape(
        int Pixels, int Height, int Width, int Inputs, int Outputs, int OutsideReadsOne);

    // A thread has one element of the output.
    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> weight,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> logScale,
        GlobalView<float> output,
        Shape shape)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)shape.Pixels * shape.Outputs)
        {
            int pixel = (int)(index / shape.Outputs);
            int o = (int)(index % shape.Outputs);
            float sum = bias[o];
            for (int tap = 0; tap < Neighbors.Taps; tap++)
            {
                int q = Neighbors.Of(pixel, tap, shape.Height, shape.Width);
                int row = ((o * Neighbors.Taps) + tap) * shape.Inputs;
                for (int i = 0; i < shape.Inputs; i++)
                {
                    sum = XMath.Fma(weight[row + i], Patch(x, q, i, shape), sum);
                }
            }

            output[index] = XMath.Exp(3.0f * logScale[o]) * sum;
        }
    }

    // parts[group, o, tap, i] = Σ dOutput[p, o] g[p, tap, i] over the group's pixels; then for each o Σ dOutput[p, o].
    [Kernel(BlockSize)]
    private static void GradientOfParts(
        ReadOnlyGlobalView<float> x, ReadOnlyGlobalView<float> dOutput, GlobalView<float> parts, Shape shape)
    {
        int start = Grid.IdxX * PixelsPerPart;
        int end = XMath.Min(start + PixelsPerPart, shape.Pixels);
        int rowLength = Neighbors.Taps * shape.Inputs;
        int length = shape.Outputs * (rowLength + 1);
        for (int e = Group.IdxX; e < length; e += BlockSize)
        {
            bool ofBias = e >= shape.Outputs * rowLength;
            int o = ofBias ? e - (shape.Outputs * rowLength) : e / rowLength;
            int tap = e % rowLength / shape.Inputs;
            int i = e % shape.Inputs;
            float sum = 0.0f;
            for (int p = start; p < end; p++)
            {
                float gradient = dOutput[((long)p * shape.Outputs) + o];
                float input = 1.0f;
                if (!ofBias)
                {
                    input = Patch(x, Neighbors.Of(p, tap, shape.Height, shape.Width), i, shape);
                }

                sum = XMath.Fma(gradient, input, sum);
            }

            parts[((long)Grid.IdxX * length) + e] = sum;
        }
    }

    // From the sums over all pixels to the parameters' gradients, added to. A thread has an output channel.
    [Kernel(BlockSize)]
    private static void Parameters(
        ReadOnlyGlobalView<float> sums,
        ReadOnlyGlobalView<float> weight,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> logScale,
        GlobalView<float> dWeight,
        GlobalView<float> dBias,
        GlobalView<float> dLogScale,
        Shape shape)
    {
        int o = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (o < shape.Outputs)
        {
            int rowLength = Neighbors.Taps * shape.Inputs;
            float scale = XMath.Exp(3.0f * logScale[o]);
            float ofBias = sums[(shape.Outputs * rowLength) + o];
            double inner = (double)bias[o] * (double)ofBias;
            for (int e = o * rowLength; e < (o + 1) * rowLength; e++)
            {
                inner += (double)weight[e] * (double)sums[e];
                dWeight[e] += scale * sums[e];
            }

            dBias[o] += scale * ofBias;
            dLogScale[o] += (float)(3.0 * (double)scale * inner);
        }
    }

    // dx[q, i] += Σ over taps and outputs: pixel p read q by this tap if q reads p by the opposite one.
    [Kernel(BlockSize)]
    private static void Input(
        ReadOnlyGlobalView<float> dOutput,
        ReadOnlyGlobalView<float> weight,
        ReadOnlyGlobalView<float> logScale,
        GlobalView<float> dx,
        Shape shape)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)shape.Pixels * shape.Inputs)
        {
            int q = (int)(index / shape.Inputs);
            int i = (int)(index % shape.Inputs);
            float sum = dx[index];
            for (int o = 0; o < shape.Outputs; o++)
            {
                float scale = XMath.Exp(3.0f * logScale[o]);
                for (int tap = 0; tap < Neighbors.Taps; tap++)
                {
                    int p = Neighbors.Of(q, Neighbors.Taps - 1 - tap, shape.Height, shape.Width);
                    if (p >= 0)
                    {
                        float gradient = scale * dOutput[((long)p * shape.Outputs) + o];
                        sum = XMath.Fma(weight[(((o * Neighbors.Taps) + tap) * shape.Inputs) + i], gradient, sum);
                    }
                }
            }

            dx[index] = sum;
        }
    }

    private static float Patch(ReadOnlyGlobalView<float> x, int pixel, int channel, Shape shape)
    {
        float value = shape.OutsideReadsOne != 0 ? 1.0f : 0.0f;
        if (pixel >= 0)
        {
            value = x[((long)pixel * shape.Inputs) + channel];
        }

        return value;
    }
}
