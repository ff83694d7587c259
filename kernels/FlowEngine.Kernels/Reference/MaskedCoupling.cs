namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void MaskedCouplingInput(ImageShape shape, CouplingMask mask, BufferView x, BufferView input)
    {
        Span<T> from = Elements(x, shape.Length);
        Span<T> to = Elements(input, shape.WithChannels(mask.InputChannels(shape.Channels)).Length);
        int at = 0;
        for (int p = 0; p < shape.Pixels; p++)
        {
            bool moves = Moves(shape, mask, p);
            for (int c = 0; c < shape.Channels; c++)
            {
                bool isMoved = moves && IsOfRun(mask, c);
                if (mask.Color is not null || !isMoved)
                {
                    to[at++] = isMoved ? T.Zero : from[(p * shape.Channels) + c];
                }
            }

            if (mask.Color is not null)
            {
                to[at++] = moves ? T.Zero : T.One;
            }
        }
    }

    /// <inheritdoc/>
    public void MaskedCouplingInputBackward(ImageShape shape, CouplingMask mask, BufferView dInput, BufferView dx)
    {
        Span<T> from = Elements(dInput, shape.WithChannels(mask.InputChannels(shape.Channels)).Length);
        Span<T> to = Elements(dx, shape.Length);
        int at = 0;
        for (int p = 0; p < shape.Pixels; p++)
        {
            bool moves = Moves(shape, mask, p);
            for (int c = 0; c < shape.Channels; c++)
            {
                bool isMoved = moves && IsOfRun(mask, c);
                if (!isMoved)
                {
                    Add(ref to[(p * shape.Channels) + c], Wide(from[at]));
                }

                at += mask.Color is not null || !isMoved ? 1 : 0;
            }

            at += mask.Color is not null ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public void MaskedCouplingForward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView y,
        BufferView logDet)
    {
        Span<T> result = Elements(y, shape.Length);
        Span<T> network = Elements(output, shape.WithChannels(mask.OutputChannels).Length);
        Span<T> logDets = Elements(logDet, shape.Batch);
        double[] factors = WideArray(factor, mask.Channels);
        Elements(x, shape.Length).CopyTo(result);
        for (int b = 0; b < shape.Batch; b++)
        {
            double sum = 0;
            for (int p = b * shape.PixelsPerImage; p < (b + 1) * shape.PixelsPerImage; p++)
            {
                for (int c = 0; c < mask.Channels && Moves(shape, mask, p); c++)
                {
                    ref T value = ref result[(p * shape.Channels) + mask.FirstChannel + c];
                    double scale = factors[c] * Math.Tanh(Wide(network[(p * mask.OutputChannels) + c]));
                    double shift = Wide(network[(p * mask.OutputChannels) + mask.Channels + c]);
                    value = Round((Wide(value) * Math.Exp(scale)) + shift);
                    sum += scale;
                }
            }

            Add(ref logDets[b], sum);
        }
    }

    /// <inheritdoc/>
    public void MaskedCouplingInverse(
        ImageShape shape, CouplingMask mask, BufferView factor, BufferView y, BufferView output, BufferView x)
    {
        Span<T> result = Elements(x, shape.Length);
        Span<T> network = Elements(output, shape.WithChannels(mask.OutputChannels).Length);
        double[] factors = WideArray(factor, mask.Channels);
        Elements(y, shape.Length).CopyTo(result);
        for (int p = 0; p < shape.Pixels; p++)
        {
            for (int c = 0; c < mask.Channels && Moves(shape, mask, p); c++)
            {
                ref T value = ref result[(p * shape.Channels) + mask.FirstChannel + c];
                double scale = factors[c] * Math.Tanh(Wide(network[(p * mask.OutputChannels) + c]));
                double shift = Wide(network[(p * mask.OutputChannels) + mask.Channels + c]);
                value = Round((Wide(value) - shift) * Math.Exp(-scale));
            }
        }
    }

    /// <inheritdoc/>
    public long MaskedCouplingWorkspaceLength(ImageShape shape, CouplingMask mask) => 0;

    /// <inheritdoc/>
    public void MaskedCouplingBackward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView dFactor,
        BufferView workspace)
    {
        long outputLength = shape.WithChannels(mask.OutputChannels).Length;
        Span<T> input = Elements(x, shape.Length);
        Span<T> network = Elements(output, outputLength);
        Span<T> inputGradient = Elements(dx, shape.Length);
        Span<T> networkGradient = Elements(dOutput, outputLength);
        Span<T> logDetGradient = Elements(dLogDet, shape.Batch);
        double[] factors = WideArray(factor, mask.Channels);
        double[] factorGradients = new double[mask.Channels];
        Elements(dy, shape.Length).CopyTo(inputGradient);
        networkGradient.Clear();
        for (int p = 0; p < shape.Pixels; p++)
        {
            for (int c = 0; c < mask.Channels && Moves(shape, mask, p); c++)
            {
                int at = (p * shape.Channels) + mask.FirstChannel + c;
                int raw = (p * mask.OutputChannels) + c;
                double tanh = Math.Tanh(Wide(network[raw]));
                double gradient = Wide(inputGradient[at]);
                double scaled = gradient * Math.Exp(factors[c] * tanh);
                double dScale = (scaled * Wide(input[at])) + Wide(logDetGradient[p / shape.PixelsPerImage]);
                factorGradients[c] += dScale * tanh;
                networkGradient[raw] = Round(dScale * factors[c] * (1 - (tanh * tanh)));
                networkGradient[raw + mask.Channels] = Round(gradient);
                inputGradient[at] = Round(scaled);
            }
        }

        AddAll(factorGradients, Elements(dFactor, mask.Channels));
    }

    private static bool Moves(ImageShape shape, CouplingMask mask, int pixel) =>
        mask.Moves(pixel % shape.PixelsPerImage / shape.Width, pixel % shape.Width);

    private static bool IsOfRun(CouplingMask mask, int channel) =>
        channel >= mask.FirstChannel && channel < mask.FirstChannel + mask.Channels;
}
