namespace FlowEngine.Kernels.Device;

/// <summary>
/// Batch normalization as a layer of a flow; see <see cref="IBackend.BatchNormForward"/> for the formulae.
/// </summary>
internal static partial class BatchNormKernels
{
    private const int BlockSize = 256;

    // y = e^ls x̂ + b; or its inverse.
    [Kernel(BlockSize)]
    private static void Map(
        ReadOnlyGlobalView<float> from,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> logScale,
        ReadOnlyGlobalView<float> mean,
        ReadOnlyGlobalView<float> deviation,
        GlobalView<float> to,
        long length,
        int channels,
        float floor,
        int isInverse)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            int c = (int)(i % channels);
            float scale = XMath.Exp(logScale[c]);
            float inverse = InverseDeviation(deviation[c], floor);
            if (isInverse != 0)
            {
                to[i] = ((from[i] - bias[c]) / (scale * inverse)) + mean[c];
            }
            else
            {
                to[i] = XMath.Fma((from[i] - mean[c]) * inverse, scale, bias[c]);
            }
        }
    }

    // sum[0] = Σ_c (ls + ln s).
    [Kernel(BlockSize)]
    private static void LogDet(
        ReadOnlyGlobalView<float> logScale,
        ReadOnlyGlobalView<float> deviation,
        GlobalView<float> sum,
        int channels,
        float floor)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        float part = 0.0f;
        for (int c = Group.IdxX; c < channels; c += BlockSize)
        {
            part += logScale[c] + XMath.Log(InverseDeviation(deviation[c], floor));
        }

        part = GroupReduction.Sum(scratch, part);
        if (Group.IdxX == 0)
        {
            sum[0] = part;
        }
    }

    // A group has a channel: its sums, then dx.
    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        ReadOnlyGlobalView<float> logScale,
        ReadOnlyGlobalView<float> mean,
        ReadOnlyGlobalView<float> deviation,
        GlobalView<float> dx,
        GlobalView<float> dBias,
        GlobalView<float> dLogScale,
        int pixels,
        int batch,
        int channels,
        float floor,
        int throughStatistics)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int c = Grid.IdxX;
        float scale = XMath.Exp(logScale[c]);
        float inverse = InverseDeviation(deviation[c], floor);
        float center = mean[c];
        float sum = 0.0f;
        float product = 0.0f;
        for (int p = Group.IdxX; p < pixels; p += BlockSize)
        {
            long at = ((long)p * channels) + c;
            sum += dy[at];
            product = XMath.Fma(dy[at] * scale, (x[at] - center) * inverse, product);
        }

        float gradients = 0.0f;
        for (int b = Group.IdxX; b < batch; b += BlockSize)
        {
            gradients += dLogDet[b];
        }

        float totalOfDy = GroupReduction.Sum(scratch, sum);
        Group.Barrier();
        float total = GroupReduction.Sum(scratch, XMath.Fma((float)(pixels / batch), gradients, product));
        if (Group.IdxX == 0)
        {
            dBias[c] += totalOfDy;
            dLogScale[c] += total;
        }

        float share = throughStatistics != 0 ? 1.0f / (float)pixels : 0.0f;
        for (int p = Group.IdxX; p < pixels; p += BlockSize)
        {
            long at = ((long)p * channels) + c;
            float centered = (x[at] - center) * inverse;
            float shared = XMath.Fma(centered, total, scale * totalOfDy) * share;
            dx[at] = inverse * ((scale * dy[at]) - shared);
        }
    }

    // running += rate · (batch - running) where the batch's is finite.
    [Kernel(BlockSize)]
    private static void Move(GlobalView<float> running, ReadOnlyGlobalView<float> batch, float rate, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length && (XMath.AsUInt32(batch[i]) & 0x7f800000u) != 0x7f800000u)
        {
            running[i] = XMath.Fma(rate, batch[i] - running[i], running[i]);
        }
    }

    private static float InverseDeviation(float deviation, float floor) =>
        1.0f / XMath.Sqrt(XMath.Fma(deviation, deviation, floor));
}
