namespace FlowEngine.Kernels.Device;

/// <summary>The affine map of masked autoregressive flows, element by element and dimension by dimension.</summary>
internal static partial class AutoregressiveKernels
{
    /// <summary>The elements of an image that a group sums.</summary>
    public const int PartLength = 2_048;

    /// <summary>The rows that a group takes through the dimensions.</summary>
    public const int Rows = 16;

    private const int BlockSize = 256;

    // The threads that share one sum: two sums of 16 rows at a time in the solve, one in its backward pass.
    private const int Splits = BlockSize / Rows;

    // y = (x - m) e^(-a); partials[b, part] = -Σ a over the part's elements.
    [Kernel(BlockSize)]
    private static void Normalize(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> output,
        GlobalView<float> y,
        GlobalView<float> partials,
        int dims)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int start = Grid.IdxX * PartLength;
        float sum = 0.0f;
        for (int i = start + Group.IdxX; i < XMath.Min(start + PartLength, dims); i += BlockSize)
        {
            long at = ((long)Grid.IdxY * dims) + i;
            float logScale = LogScale(output[(2 * at) + 1]);
            y[at] = (x[at] - output[2 * at]) * XMath.Exp(-logScale);
            sum -= logScale;
        }

        sum = GroupReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            partials[((long)Grid.IdxY * Grid.DimX) + Grid.IdxX] = sum;
        }
    }

    // x = y e^a + m.
    [Kernel(BlockSize)]
    private static void Denormalize(
        ReadOnlyGlobalView<float> y, ReadOnlyGlobalView<float> output, GlobalView<float> x, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            x[i] = XMath.Fma(y[i], XMath.Exp(LogScale(output[(2 * i) + 1])), output[2 * i]);
        }
    }

    // dx = dy e^(-a), dm = -dx, dr = -(dy y + dLogDet) da/dr.
    [Kernel(BlockSize)]
    private static void Backward(
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> output,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dx,
        GlobalView<float> dOutput,
        long length,
        int dims)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float raw = output[(2 * i) + 1];
            float d = dy[i] * XMath.Exp(-LogScale(raw));
            dx[i] = d;
            dOutput[2 * i] = -d;
            dOutput[(2 * i) + 1] = -XMath.Fma(dy[i], y[i], dLogDet[i / dims]) * LogScaleSlope(raw);
        }
    }

    // A group has 16 rows and takes them through the dimensions: first the two outputs, each summed by 8 threads, then
    // the hidden units that wait for this dimension, each by one. Hidden values are [group][layer][unit][row].
    [Kernel(BlockSize)]
    private static void Solve(
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<float> condition,
        ReadOnlyGlobalView<float> known,
        GlobalView<float> found,
        GlobalView<float> output,
        GlobalView<float> hidden,
        DenseMask mask,
        int batch,
        int normalize)
    {
        SharedView<float> sums = SharedMemory.Allocate<float>(BlockSize);
        int conditions = mask.Conditions;
        int dims = mask.Inputs - conditions;
        int thread = Group.IdxX;
        int rowInGroup = thread % Rows;
        int split = thread / Rows;
        int row = (Grid.IdxX * Rows) + rowInGroup;
        long layerLength = (long)mask.Hidden * Rows;
        long values = Grid.IdxX * mask.HiddenLayers * layerLength;
        long last = values + ((mask.HiddenLayers - 1) * layerLength);
        long outputWeight = WeightOffset(mask, mask.HiddenLayers);
        long outputBias = BiasOffset(mask, mask.HiddenLayers);
        for (int d = conditions > 0 ? -1 : 0; d < dims; d++)
        {
            int first = DenseMasks.UnitsUpTo(mask, d);
            int next = DenseMasks.UnitsUpTo(mask, d + 1);
            int unit = (2 * d) + (split % 2);
            float sum = 0.0f;

            // Before the first dimension nothing is found: there first is 0.
            for (int k = split / 2; k < first; k += Splits / 2)
            {
                sum = XMath.Fma(
                    weights[outputWeight + ((long)unit * mask.Hidden) + k],
                    hidden[last + ((long)k * Rows) + rowInGroup],
                    sum);
            }

            sums[thread] = sum;
            Group.Barrier();
            if (split == 0 && row < batch && d >= 0)
            {
                float mean = weights[outputBias + (2 * d)];
                float raw = weights[outputBias + (2 * d) + 1];
                for (int part = 0; part < Splits / 2; part++)
                {
                    mean += sums[(2 * part * Rows) + rowInGroup];
                    raw += sums[(((2 * part) + 1) * Rows) + rowInGroup];
                }

                long at = ((long)row * dims) + d;
                output[2 * at] = mean;
                output[(2 * at) + 1] = raw;
                if (normalize != 0)
                {
                    found[at] = (known[at] - mean) * XMath.Exp(-LogScale(raw));
                }
                else
                {
                    found[at] = XMath.Fma(known[at], XMath.Exp(LogScale(raw)), mean);
                }
            }

            Group.Barrier();
            for (int layer = 0; layer < mask.HiddenLayers; layer++)
            {
                long weight = WeightOffset(mask, layer);
                long bias = BiasOffset(mask, layer);
                for (int u = first + split; u < next; u += Splits)
                {
                    float value = weights[bias + u];
                    if (layer == 0)
                    {
                        long from = weight + ((long)u * mask.Inputs);
                        for (int k = 0; k < conditions && row < batch; k++)
                        {
                            value = XMath.Fma(weights[from + k], condition[((long)row * conditions) + k], value);
                        }

                        for (int k = 0; k <= d && row < batch; k++)
                        {
                            value = XMath.Fma(weights[from + conditions + k], found[((long)row * dims) + k], value);
                        }
                    }
                    else
                    {
                        long source = values + ((layer - 1) * layerLength);
                        for (int k = 0; k < next; k++)
                        {
                            value = XMath.Fma(
                                weights[weight + ((long)u * mask.Hidden) + k],
                                hidden[source + ((long)k * Rows) + rowInGroup],
                                value);
                        }
                    }

                    hidden[values + (layer * layerLength) + ((long)u * Rows) + rowInGroup] = value < 0.0f ? 0.0f : value;
                }

                Group.Barrier();
            }
        }
    }

    // The same backward: the hidden units that waited for this dimension, the last layer first, each by one thread;
    // then what they pass back to it, summed by 16. Hidden gradients are [group][layer][unit][row], kept values (layer,
    // row, unit).
    [Kernel(BlockSize)]
    private static void SolveBackward(
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> output,
        ReadOnlyGlobalView<float> kept,
        ReadOnlyGlobalView<float> dy,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dx,
        GlobalView<float> dOutput,
        GlobalView<float> hidden,
        DenseMask mask,
        int batch)
    {
        SharedView<float> sums = SharedMemory.Allocate<float>(BlockSize);
        int conditions = mask.Conditions;
        int dims = mask.Inputs - conditions;
        int thread = Group.IdxX;
        int rowInGroup = thread % Rows;
        int split = thread / Rows;
        int row = (Grid.IdxX * Rows) + rowInGroup;
        long layerLength = (long)mask.Hidden * Rows;
        long values = Grid.IdxX * mask.HiddenLayers * layerLength;
        for (int d = dims - 1; d >= 0; d--)
        {
            int first = DenseMasks.UnitsUpTo(mask, d);
            int next = DenseMasks.UnitsUpTo(mask, d + 1);
            for (int layer = mask.HiddenLayers; layer > 0; layer--)
            {
                long weight = WeightOffset(mask, layer);
                int reader = DenseMasks.FirstReaderOf(mask, layer, d + 1);
                for (int u = first + split; u < next; u += Splits)
                {
                    float value = 0.0f;
                    if (row < batch && kept[((((long)(layer - 1) * batch) + row) * mask.Hidden) + u] > 0.0f)
                    {
                        if (layer == mask.HiddenLayers)
                        {
                            for (int k = reader; k < mask.Outputs; k++)
                            {
                                value = XMath.Fma(
                                    weights[weight + ((long)k * mask.Hidden) + u],
                                    dOutput[((long)row * mask.Outputs) + k],
                                    value);
                            }
                        }
                        else
                        {
                            for (int k = reader; k < mask.Hidden; k++)
                            {
                                value = XMath.Fma(
                                    weights[weight + ((long)k * mask.Hidden) + u],
                                    hidden[values + (layer * layerLength) + ((long)k * Rows) + rowInGroup],
                                    value);
                            }
                        }
                    }

                    hidden[values + ((layer - 1) * layerLength) + ((long)u * Rows) + rowInGroup] = value;
                }

                Group.Barrier();
            }

            float sum = 0.0f;
            for (int k = first + split; k < mask.Hidden; k += Splits)
            {
                sum = XMath.Fma(
                    weights[((long)k * mask.Inputs) + conditions + d], hidden[values + ((long)k * Rows) + rowInGroup], sum);
            }

            sums[thread] = sum;
            Group.Barrier();
            if (split == 0 && row < batch)
            {
                int origin = Loop.Opaque(0);
                long at = ((long)(row + origin) * dims) + d;
                float gradient = dy[at];
                for (int part = 0; part < Splits; part++)
                {
                    gradient += sums[(part * Rows) + rowInGroup + origin];
                }

                float raw = output[(2 * at) + 1];
                float d1 = gradient * XMath.Exp(-LogScale(raw));
                dx[at] = d1;
                dOutput[2 * at] = -d1;
                dOutput[(2 * at) + 1] = -XMath.Fma(gradient, y[at], dLogDet[row + origin]) * LogScaleSlope(raw);
            }

            Group.Barrier();
        }
    }

    // a of r, see IBackend.AutoregressiveNormalize.
    private static float LogScale(float raw) => raw * Damping(raw);

    private static float LogScaleSlope(float raw)
    {
        float damping = Damping(raw);
        return damping * damping;
    }

    private static float Damping(float raw) =>
        1.0f / XMath.Fma(XMath.Abs(raw), AutoregressiveScale.InverseBound, 1.0f);

    private static long Aligned(long length) => (length + 15) / 16 * 16;

    private static long WeightOffset(DenseMask mask, int layer)
    {
        long offset = 0;
        for (int l = 0; l < layer; l++)
        {
            offset += Aligned((long)(l == 0 ? mask.Inputs : mask.Hidden) * mask.Hidden) + Aligned(mask.Hidden);
        }

        return offset;
    }

    private static long BiasOffset(DenseMask mask, int layer) =>
        WeightOffset(mask, layer)
        + Aligned((long)(layer == 0 ? mask.Inputs : mask.Hidden) * (layer == mask.HiddenLayers ? mask.Outputs : mask.Hidden));
}
