namespace FlowEngine.Kernels.Device;

/// <summary>
/// Sums in two stages: groups write partial sums of fixed parts, then one thread for each sum adds its parts in order,
/// in float64. The order depends on the shapes alone.
/// </summary>
internal static partial class SumKernels
{
    /// <summary>The elements of a part where a whole array is summed.</summary>
    public const int PartLength = 16_384;

    /// <summary>The sums of a group where many parts are added.</summary>
    public const int ColumnsOfGroup = 32;

    private const int BlockSize = 256;
    private const int Warps = BlockSize / ColumnsOfGroup;

    // sums[i] (+)= Σ over parts of partials[part, i].
    [Kernel(BlockSize)]
    private static void AddParts(
        ReadOnlyGlobalView<float> partials, GlobalView<float> sums, int parts, long length, int accumulate)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            double sum = accumulate != 0 ? (double)sums[i] : 0.0;
            for (int part = 0; part < parts; part++)
            {
                sum += (double)partials[(part * length) + i];
            }

            sums[i] = (float)sum;
        }
    }

    // sums[i] = Σ over parts of partials[part, i], for many parts: a warp has an eighth of them, 32 sums side by side, and the
    // eight are added in order.
    [Kernel(BlockSize)]
    private static void AddManyParts(
        ReadOnlyGlobalView<float> partials, GlobalView<float> sums, int parts, int length)
    {
        SharedView<double> ofWarps = SharedMemory.Allocate<double>(BlockSize);
        int i = (Grid.IdxX * ColumnsOfGroup) + Warp.LaneIdx;
        int count = (parts + Warps - 1) / Warps;
        int end = XMath.Min((Warp.WarpIdx + 1) * count, parts);
        double sum = 0.0;
        for (int part = Warp.WarpIdx * count; part < end && i < length; part++)
        {
            sum += (double)partials[((long)part * length) + i];
        }

        ofWarps[Group.IdxX] = sum;
        Group.Barrier();
        if (Group.IdxX < ColumnsOfGroup && i < length)
        {
            sum = 0.0;
            for (int warp = 0; warp < Warps; warp++)
            {
                sum += ofWarps[(warp * ColumnsOfGroup) + Group.IdxX];
            }

            sums[i] = (float)sum;
        }
    }

    // sums[i] += Σ over parts of partials[i, part], and addend[0] · factor: the parts of an image stand together.
    [Kernel(BlockSize)]
    private static void AddPartsOfRows(
        ReadOnlyGlobalView<float> partials,
        ReadOnlyGlobalView<float> addend,
        GlobalView<float> sums,
        int parts,
        float factor,
        int length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            double sum = (double)sums[i];
            for (int part = 0; part < parts; part++)
            {
                sum += (double)partials[(i * parts) + part];
            }

            if (factor != 0.0f)
            {
                sum += (double)addend[0] * (double)factor;
            }

            sums[i] = (float)sum;
        }
    }

    // sums[i] += addend[0] · factor.
    [Kernel(BlockSize)]
    private static void AddToAll(ReadOnlyGlobalView<float> addend, GlobalView<float> sums, float factor, int length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            sums[i] += addend[0] * factor;
        }
    }

    // parts[group] = Σ x² over the group's part.
    [Kernel(BlockSize)]
    private static void SquaresOfParts(ReadOnlyGlobalView<float> x, GlobalView<double> parts, long length)
    {
        SharedView<double> sums = SharedMemory.Allocate<double>(BlockSize);
        long start = (long)Grid.IdxX * PartLength;
        double sum = 0.0;
        for (int i = Group.IdxX; i < PartLength; i += BlockSize)
        {
            double value = start + i < length ? (double)x[start + i] : 0.0;
            sum += value * value;
        }

        sums[Group.IdxX] = sum;
        Group.Barrier();
        for (int half = BlockSize / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                sums[Group.IdxX] += sums[Group.IdxX + half];
            }

            Group.Barrier();
        }

        if (Group.IdxX == 0)
        {
            parts[Grid.IdxX] = sums[0];
        }
    }

    // result[0] = Σ parts.
    [Kernel(32)]
    private static void TotalOfParts(ReadOnlyGlobalView<double> parts, GlobalView<float> result, int count)
    {
        if (Group.IdxX == 0)
        {
            double sum = 0.0;
            for (int i = 0; i < count; i++)
            {
                sum += parts[i];
            }

            result[0] = (float)sum;
        }
    }

    // parts[group, 0, c] = Σ x, parts[group, 1, c] = Σ x² over the group's pixels.
    [Kernel(BlockSize)]
    private static void ChannelsOfParts(
        ReadOnlyGlobalView<float> x, GlobalView<double> parts, long pixels, int channels, int pixelsPerPart)
    {
        long start = (long)Grid.IdxX * pixelsPerPart;
        long end = XMath.Min(start + pixelsPerPart, pixels);
        for (int c = Group.IdxX; c < channels; c += BlockSize)
        {
            double sum = 0.0;
            double squares = 0.0;
            for (long p = start; p < end; p++)
            {
                double value = (double)x[(p * channels) + c];
                sum += value;
                squares += value * value;
            }

            long place = (long)Grid.IdxX * 2 * channels;
            parts[place + c] = sum;
            parts[place + channels + c] = squares;
        }
    }

    // sums[c] += Σ of the parts' sums.
    [Kernel(BlockSize)]
    private static void SumChannels(ReadOnlyGlobalView<double> parts, GlobalView<float> sums, int count, int channels)
    {
        int c = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (c < channels)
        {
            double sum = (double)sums[c];
            for (int part = 0; part < count; part++)
            {
                sum += parts[((long)part * 2 * channels) + c];
            }

            sums[c] = (float)sum;
        }
    }

    // mean[c] and deviation[c], of the population.
    [Kernel(BlockSize)]
    private static void Statistics(
        ReadOnlyGlobalView<double> parts,
        GlobalView<float> mean,
        GlobalView<float> deviation,
        int count,
        int channels,
        long pixels)
    {
        int c = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (c < channels)
        {
            double sum = 0.0;
            double squares = 0.0;
            for (int part = 0; part < count; part++)
            {
                long place = (long)part * 2 * channels;
                sum += parts[place + c];
                squares += parts[place + channels + c];
            }

            double center = sum / (double)pixels;
            double variance = (squares / (double)pixels) - (center * center);
            mean[c] = (float)center;
            deviation[c] = XMath.Sqrt((float)(variance > 0.0 ? variance : 0.0));
        }
    }
}
