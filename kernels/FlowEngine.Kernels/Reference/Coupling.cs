namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void CouplingForward(
        CouplingKind kind, ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet)
    {
        int kept = shape.Channels / 2;
        int half = shape.Channels - kept;
        int width = OutputChannels(kind, shape);
        Span<T> input = Elements(x, shape.Length);
        Span<T> network = Elements(output, (long)shape.Pixels * width);
        Span<T> result = Elements(y, shape.Length);
        Span<T> logDets = Elements(logDet, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int p = b * shape.PixelsPerImage; p < (b + 1) * shape.PixelsPerImage; p++)
            {
                input.Slice(p * shape.Channels, kept).CopyTo(result[(p * shape.Channels)..]);
                for (int c = 0; c < half; c++)
                {
                    int second = (p * shape.Channels) + kept + c;
                    if (kind == CouplingKind.Affine)
                    {
                        double raw = Wide(network[(p * width) + c]) + 2;
                        double shift = Wide(network[(p * width) + half + c]);
                        result[second] = Round(Sigmoid(raw) * (Wide(input[second]) + shift));
                        sum += LogSigmoid(raw);
                    }
                    else
                    {
                        result[second] = Round(Wide(input[second]) + Wide(network[(p * width) + c]));
                    }
                }
            }

            Add(ref logDets[b], sum);
        }
    }

    /// <inheritdoc/>
    public void CouplingInverse(CouplingKind kind, ImageShape shape, BufferView y, BufferView output, BufferView x)
    {
        int kept = shape.Channels / 2;
        int half = shape.Channels - kept;
        int width = OutputChannels(kind, shape);
        Span<T> input = Elements(y, shape.Length);
        Span<T> network = Elements(output, (long)shape.Pixels * width);
        Span<T> result = Elements(x, shape.Length);
        for (int p = 0; p < shape.Pixels; p++)
        {
            input.Slice(p * shape.Channels, kept).CopyTo(result[(p * shape.Channels)..]);
            for (int c = 0; c < half; c++)
            {
                int second = (p * shape.Channels) + kept + c;
                if (kind == CouplingKind.Affine)
                {
                    double scale = Sigmoid(Wide(network[(p * width) + c]) + 2);
                    double shift = Wide(network[(p * width) + half + c]);
                    result[second] = Round((Wide(input[second]) / scale) - shift);
                }
                else
                {
                    result[second] = Round(Wide(input[second]) - Wide(network[(p * width) + c]));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void CouplingBackward(
        CouplingKind kind,
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput)
    {
        int kept = shape.Channels / 2;
        int half = shape.Channels - kept;
        int width = OutputChannels(kind, shape);
        Span<T> result = Elements(y, shape.Length);
        Span<T> network = Elements(output, (long)shape.Pixels * width);
        Span<T> gradient = Elements(dy, shape.Length);
        Span<T> dLogDets = Elements(dLogDet, shape.Batch);
        Span<T> inputGradient = Elements(dx, shape.Length);
        Span<T> networkGradient = Elements(dOutput, (long)shape.Pixels * width);
        for (int p = 0; p < shape.Pixels; p++)
        {
            gradient.Slice(p * shape.Channels, kept).CopyTo(inputGradient[(p * shape.Channels)..]);
            for (int c = 0; c < half; c++)
            {
                int second = (p * shape.Channels) + kept + c;
                double dy2 = Wide(gradient[second]);
                if (kind == CouplingKind.Affine)
                {
                    double raw = Wide(network[(p * width) + c]) + 2;
                    double dLogScale = (dy2 * Wide(result[second])) + Wide(dLogDets[p / shape.PixelsPerImage]);
                    T dShift = Round(Sigmoid(raw) * dy2);
                    inputGradient[second] = dShift;
                    networkGradient[(p * width) + half + c] = dShift;

                    // 1 - sigmoid(a) = sigmoid(-a), without the cancellation.
                    networkGradient[(p * width) + c] = Round(Sigmoid(-raw) * dLogScale);
                }
                else
                {
                    inputGradient[second] = gradient[second];
                    networkGradient[(p * width) + c] = gradient[second];
                }
            }
        }
    }

    private static int OutputChannels(CouplingKind kind, ImageShape shape) =>
        (kind == CouplingKind.Affine ? 2 : 1) * (shape.Channels - (shape.Channels / 2));

    private static double Sigmoid(double a) => 1 / (1 + Math.Exp(-a));

    private static double LogSigmoid(double a) => Math.Min(a, 0) - Log1P(Math.Exp(-Math.Abs(a)));

    // ln(1 + x) for small x too: the rounding of 1 + x is undone to first order (Kahan).
    private static double Log1P(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * x / (sum - 1);
    }
}
