namespace FlowEngine.Kernels.Device;

/// <summary>
/// What stands between two coupling networks, in one pass: the shift and add of the taps, the coupling, its LogDet, and
/// an affine map of the pixel. A group has a tile of pixels, which is in shared memory between coupling and map.
/// </summary>
/// <remarks>
/// Read for a pixel: 9·O taps, C of x; written: C of y. A group reads of x only its own pixels, before it writes them:
/// x and y may be the same. Partial sums of LogDet go to partials (B, tiles of an image).
/// </remarks>
internal static partial class PixelStageKernels
{
    /// <summary>The pixels of a group.</summary>
    public const int PixelsPerTile = 32;

    private const int BlockSize = 256;

    /// <summary>The sizes, and what is asked for.</summary>
    /// <param name="Height">H.</param>
    /// <param name="Width">W.</param>
    /// <param name="Channels">C.</param>
    /// <param name="Outputs">O.</param>
    /// <param name="Affine">1 for an affine coupling, 0 for an additive one.</param>
    /// <param name="Map">1 if a map follows the coupling.</param>
    /// <param name="KeepOutput">1 if the network's output is written.</param>
    /// <param name="KeepCoupled">1 if what the coupling gives is written.</param>
    /// <param name="SqueezedWidth">W if x is written as it is before the squeeze that precedes the map; else 0.</param>
    public readonly record struct Shape(
        int Height,
        int Width,
        int Channels,
        int Outputs,
        int Affine,
        int Map,
        int KeepOutput,
        int KeepCoupled,
        int SqueezedWidth);

    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> taps,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> border,
        ReadOnlyGlobalView<float> map,
        [MayAlias] ReadOnlyGlobalView<float> x,
        GlobalView<float> output,
        GlobalView<float> coupled,
        [MayAlias] GlobalView<float> y,
        GlobalView<float> partials,
        Shape shape)
    {
        SharedView<float> tile = SharedMemory.GetDynamic<float>();
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int channels = shape.Channels;
        int half = channels / 2;
        int start = Grid.IdxX * PixelsPerTile;
        int count = XMath.Min(PixelsPerTile, (shape.Height * shape.Width) - start);
        int first = (Grid.IdxY * shape.Height * shape.Width) + start;
        float logDet = 0.0f;
        for (int i = Group.IdxX; i < count * half; i += BlockSize)
        {
            int pixel = first + (i / half);
            int c = i % half;
            long place = ((long)pixel * channels) + c;
            float y2 = x[place + half];
            float shift = PixelNetworkKernels.TapSum(
                taps, bias, border, pixel, shape.Affine != 0 ? half + c : c, shape.Height, shape.Width, shape.Outputs);
            if (shape.Affine != 0)
            {
                float raw = PixelNetworkKernels.TapSum(
                    taps, bias, border, pixel, c, shape.Height, shape.Width, shape.Outputs);
                if (shape.KeepOutput != 0)
                {
                    output[place] = raw;
                    output[place + half] = shift;
                }

                raw += 2.0f;
                y2 = XMath.Sigmoid(raw) * (y2 + shift);
                logDet += XMath.LogSigmoid(raw);
            }
            else
            {
                if (shape.KeepOutput != 0)
                {
                    output[((long)pixel * half) + c] = shift;
                }

                y2 += shift;
            }

            tile[(i / half * channels) + c] = x[place];
            tile[(i / half * channels) + half + c] = y2;
        }

        logDet = GroupReduction.Sum(scratch, logDet);
        if (Group.IdxX == 0)
        {
            partials[(Grid.IdxY * Grid.DimX) + Grid.IdxX] = logDet;
        }

        for (int i = Group.IdxX; i < count * channels; i += BlockSize)
        {
            long place = ((long)first * channels) + i;
            if (shape.KeepCoupled != 0)
            {
                coupled[place] = tile[i];
            }

            y[place] = Mapped(tile, map, i, shape);
        }
    }

    [Kernel(BlockSize)]
    private static void Inverse(
        ReadOnlyGlobalView<float> taps,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> border,
        ReadOnlyGlobalView<float> map,
        [MayAlias] ReadOnlyGlobalView<float> y,
        [MayAlias] GlobalView<float> x,
        Shape shape)
    {
        SharedView<float> tile = SharedMemory.GetDynamic<float>();
        int channels = shape.Channels;
        int half = channels / 2;
        int start = Grid.IdxX * PixelsPerTile;
        int count = XMath.Min(PixelsPerTile, (shape.Height * shape.Width) - start);
        int first = (Grid.IdxY * shape.Height * shape.Width) + start;
        for (int i = Group.IdxX; i < count * half; i += BlockSize)
        {
            int pixel = first + (i / half);
            int c = i % half;
            long place = ((long)pixel * channels) + c;
            float x2 = y[place + half];
            float shift = PixelNetworkKernels.TapSum(
                taps, bias, border, pixel, shape.Affine != 0 ? half + c : c, shape.Height, shape.Width, shape.Outputs);
            if (shape.Affine != 0)
            {
                float raw = PixelNetworkKernels.TapSum(
                    taps, bias, border, pixel, c, shape.Height, shape.Width, shape.Outputs);
                x2 /= XMath.Sigmoid(raw + 2.0f);
            }

            tile[(i / half * channels) + c] = y[place];
            tile[(i / half * channels) + half + c] = x2 - shift;
        }

        Group.Barrier();
        for (int i = Group.IdxX; i < count * channels; i += BlockSize)
        {
            x[SqueezeKernels.Place(first, i, channels, shape.SqueezedWidth)] = Mapped(tile, map, i, shape);
        }
    }

    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> taps,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> border,
        ReadOnlyGlobalView<float> map,
        ReadOnlyGlobalView<float> y,
        [MayAlias] ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> x,
        [MayAlias] GlobalView<float> dx,
        GlobalView<float> dOutput,
        Shape shape)
    {
        SharedView<float> tile = SharedMemory.GetDynamic<float>();
        int channels = shape.Channels;
        int half = channels / 2;
        int start = Grid.IdxX * PixelsPerTile;
        int count = XMath.Min(PixelsPerTile, (shape.Height * shape.Width) - start);
        int first = (Grid.IdxY * shape.Height * shape.Width) + start;
        for (int i = Group.IdxX; i < count * half; i += BlockSize)
        {
            int pixel = first + (i / half);
            int c = i % half;
            long place = ((long)pixel * channels) + c;
            float dy1 = dy[place];
            float dx2 = dy[place + half];
            float y2 = y[place + half];
            float x2 = y2;
            float shift = PixelNetworkKernels.TapSum(
                taps, bias, border, pixel, shape.Affine != 0 ? half + c : c, shape.Height, shape.Width, shape.Outputs);
            if (shape.Affine != 0)
            {
                float raw = 2.0f + PixelNetworkKernels.TapSum(
                    taps, bias, border, pixel, c, shape.Height, shape.Width, shape.Outputs);
                float scale = XMath.Sigmoid(raw);
                dOutput[place] = XMath.Sigmoid(-raw) * XMath.Fma(dx2, y2, dLogDet[Grid.IdxY]);
                dx2 *= scale;
                dOutput[place + half] = dx2;
                x2 /= scale;
            }
            else
            {
                dOutput[((long)pixel * half) + c] = dx2;
            }

            dx[place] = dy1;
            dx[place + half] = dx2;
            tile[(i / half * channels) + c] = y[place];
            tile[(i / half * channels) + half + c] = x2 - shift;
        }

        Group.Barrier();
        for (int i = Group.IdxX; i < count * channels; i += BlockSize)
        {
            x[SqueezeKernels.Place(first, i, channels, shape.SqueezedWidth)] = Mapped(tile, map, i, shape);
        }
    }

    // An element of the tile through the map (matrix, then offset), or as it is.
    private static float Mapped(SharedView<float> tile, ReadOnlyGlobalView<float> map, int element, Shape shape)
    {
        float value = tile[element];
        if (shape.Map != 0)
        {
            int channels = shape.Channels;
            int row = element % channels;
            value = map[(channels * channels) + row];
            for (int c = 0; c < channels; c++)
            {
                value = XMath.Fma(map[(row * channels) + c], tile[element - row + c], value);
            }
        }

        return value;
    }
}
