namespace FlowEngine.Kernels.Device;

/// <summary>Scales and shifts of single values; see <see cref="MonotonicAffine"/> for the formulae.</summary>
/// <remarks>A thread has an element of a row of D values: one that passes is copied.</remarks>
internal static partial class AffineKernels
{
    private const int BlockSize = 256;

    // logSlopes (B, n): the values of a row are added up afterwards, in their order.
    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        GlobalView<float> y,
        GlobalView<float> logSlopes,
        long length,
        int dims,
        int passing,
        AffineNumbers affine)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float value = x[i];
            int column = (int)(i % dims) - passing;
            if (column >= 0)
            {
                long moved = ((i / dims) * (dims - passing)) + column;
                float shift = output[2 * moved];
                float raw = output[(2 * moved) + 1];
                float scale = Scale(raw, affine);
                value = affine.IsCentered != 0 ? scale * (value - shift) : XMath.Fma(scale, value, shift);
                logSlopes[moved] = LogScale(raw, scale, affine);
            }

            y[i] = value;
        }
    }

    [Kernel(BlockSize)]
    private static void Inverse(
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> output,
        GlobalView<float> x,
        long length,
        int dims,
        int passing,
        AffineNumbers affine)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float value = y[i];
            int column = (int)(i % dims) - passing;
            if (column >= 0)
            {
                long moved = ((i / dims) * (dims - passing)) + column;
                float shift = output[2 * moved];
                float scale = Scale(output[(2 * moved) + 1], affine);
                value = affine.IsCentered != 0 ? (value / scale) + shift : (value - shift) / scale;
            }

            x[i] = value;
        }
    }

    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dx,
        GlobalView<float> dOutput,
        long length,
        int dims,
        int passing,
        AffineNumbers affine)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float gradient = dy[i];
            int column = (int)(i % dims) - passing;
            if (column >= 0)
            {
                long moved = ((i / dims) * (dims - passing)) + column;
                float shift = output[2 * moved];
                float raw = output[(2 * moved) + 1];
                float scale = Scale(raw, affine);
                float scaled = scale * gradient;
                float source = affine.IsCentered != 0 ? x[i] - shift : x[i];
                dOutput[2 * moved] = affine.IsCentered != 0 ? -scaled : gradient;
                dOutput[(2 * moved) + 1] =
                    XMath.Fma(scaled, source, dLogDet[i / dims]) * LogScaleSlope(raw, scale, affine);
                gradient = scaled;
            }

            dx[i] = gradient;
        }
    }

    private static float Scale(float raw, AffineNumbers affine)
    {
        float scale = affine.Least;
        if (affine.Scale == AffineNumbers.Exponential)
        {
            scale = XMath.Exp(Bent(raw, affine));
        }
        else if (affine.Scale == AffineNumbers.Sigmoid)
        {
            scale += XMath.Sigmoid(raw + 2.0f);
        }
        else
        {
            scale -= XMath.LogSigmoid(-raw);
        }

        return scale;
    }

    private static float LogScale(float raw, float scale, AffineNumbers affine) =>
        affine.Scale == AffineNumbers.Exponential ? Bent(raw, affine) : XMath.Log(scale);

    private static float LogScaleSlope(float raw, float scale, AffineNumbers affine)
    {
        float slope = XMath.Sigmoid(raw) / scale;
        if (affine.Scale == AffineNumbers.Exponential)
        {
            float sum = XMath.Fma(XMath.Abs(raw), affine.Bend, 1.0f);
            slope = affine.Sign / (sum * sum);
        }
        else if (affine.Scale == AffineNumbers.Sigmoid)
        {
            slope = XMath.Sigmoid(raw + 2.0f) * XMath.Sigmoid(-2.0f - raw) / scale;
        }

        return slope;
    }

    private static float Bent(float raw, AffineNumbers affine) =>
        affine.Sign * raw / XMath.Fma(XMath.Abs(raw), affine.Bend, 1.0f);
}
