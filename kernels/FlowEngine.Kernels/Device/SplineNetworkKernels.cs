namespace FlowEngine.Kernels.Device;

/// <summary>
/// A network and the splines that it gives the raw numbers of, in one launch: see <see cref="ISplineNetwork"/>.
/// </summary>
/// <remarks>
/// <para>
/// A group of 256 threads has 16 rows, whose values, hidden units and raw numbers stay in shared memory, (unit, 16 rows), with
/// four words more so that neighboring units lie in other banks. The network is a list of stages, each a tile of 64 units by 64
/// inputs of a linear map. A thread has one unit of the tile and four rows: for each input it reads one weight and four values as
/// one, which all threads of its warp share, and does four multiply-adds. While a tile is used, the weights of the next are on
/// their way to registers, 16 a thread: only the first waits for the level 2 cache. What follows a linear map (activation, sum,
/// gate) is done by the thread that has the sums.
/// </para>
/// <para>
/// The last map goes by as many moved values at a time as the shared memory holds raw numbers of; then a thread has one value of
/// a row. Log slopes of a row are added up in float64, in the order of the values. Sums, and what follows them, are in the order
/// of <see cref="DenseNetworkKernels"/>, <see cref="LayeredNetworkKernels"/> and <see cref="SplineKernels"/>: the same bits.
/// </para>
/// <para>
/// Device memory of a row: its values and condition read, its values written, logDet read and written; and, where the backward
/// pass wants them, hidden values and raw numbers written. The weights are read once a group. A coupling of 6 values, half of
/// them moved by 10 bins, with a condition of 3 and 2 x 50 units takes 7 launches and 1,648 bytes a row forward in kernels of
/// their own, and 6 and 1,616 back: they join the condition and the values, write and read hidden values and raw numbers, and add
/// up log slopes. Here it takes 1 launch and 68 bytes, or 60.
/// </para>
/// </remarks>
internal static partial class SplineNetworkKernels
{
    /// <summary>The rows of a group.</summary>
    public const int Rows = 16;

    /// <summary>The distance of two units in shared memory, in words.</summary>
    public const int Stride = 20;

    /// <summary>The units of a tile, and its inputs.</summary>
    public const int Tile = 64;

    /// <summary>The words of a tile.</summary>
    public const int TileLength = Tile * TileStride;

    /// <summary>What the units of a stage give is the network's output.</summary>
    public const int Output = -2;

    /// <summary>The sums go on in the next stage.</summary>
    public const int Open = -1;

    /// <summary>The sum with its bias.</summary>
    public const int Store = 0;

    /// <summary>That, negative ones set to zero.</summary>
    public const int Rectify = 1;

    /// <summary>Added to another value.</summary>
    public const int Add = 2;

    /// <summary>Its activation, added to another value.</summary>
    public const int AddActivated = 3;

    /// <summary>Its sigmoid times an addend, added to another value.</summary>
    public const int AddGated = 4;

    private const int BlockSize = 256;
    private const int TileStride = Tile + 1;
    private const int RowsOfThread = 4;
    private const int UnitsAtATime = BlockSize / Tile;
    private const int Fetched = Tile / UnitsAtATime;

    // The inputs whose addresses are constants.
    private const int AtATime = 8;

    [Kernel(BlockSize)]
    private static void Forward(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> condition,
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<NetworkStage> stages,
        GlobalView<float> y,
        GlobalView<float> logDet,
        GlobalView<float> output,
        GlobalView<float> kept,
        SplineNetworkSizes sizes,
        SplineNumbers spline,
        int keeps)
    {
        SharedView<float> memory = SharedMemory.GetDynamic<float>();
        var fetched = new LocalArray<float>(Fetched);
        var sums = new LocalArray<float>(RowsOfThread);
        var bin = new LocalArray<float>(SplineValues.BinLength);
        SharedView<float> logSlopes = memory.Slice(sizes.LogSlopes);
        int numbers = (3 * spline.Bins) - 1;
        int firstRow = Grid.IdxX * Rows;
        int ownRow = firstRow + Group.IdxX;
        bool sumsUp = Group.IdxX < Rows && ownRow < sizes.Batch;
        double total = sumsUp ? (double)logDet[ownRow] : 0.0;
        ReadRows(memory, x, condition, y, sizes);
        Fetch(fetched, weights, stages[0]);
        for (int s = 0; s < sizes.Stages; s++)
        {
            NetworkStage stage = stages[s];
            Place(fetched, memory.Slice(sizes.Tile));
            Group.Barrier();
            Fetch(fetched, weights, stages[s + 1 < sizes.Stages ? s + 1 : 0]);
            Multiply(sums, memory, stage, sizes);
            if (stage.Ending != Open)
            {
                End(sums, memory, weights, stage, sizes);
                if (keeps != 0)
                {
                    Keep(sums, memory, weights, output, kept, stage, sizes);
                }

                Activate(memory, stage, sizes);
            }

            Group.Barrier();
            for (int i = Group.IdxX; i < stage.Moved * Rows; i += BlockSize)
            {
                int row = firstRow + (i % Rows);
                if (row < sizes.Batch)
                {
                    long at = ((long)row * sizes.Dims) + sizes.Passing + stage.FirstMoved + (i / Rows);
                    SharedView<float> raw = memory.Slice(sizes.Raw + (i / Rows * numbers * Stride) + (i % Rows));
                    y[at] = SplineValues.Forward(x[at], raw, Stride, spline, bin);
                    logSlopes[i] = bin[SplineValues.LogSlope];
                }
            }

            Group.Barrier();
            for (int moved = 0; moved < stage.Moved && sumsUp; moved++)
            {
                total += (double)logSlopes[(moved * Rows) + Group.IdxX];
            }
        }

        if (sumsUp)
        {
            logDet[ownRow] = (float)total;
        }
    }

    // In more than one pass the network reads what the pass before found.
    [Kernel(BlockSize)]
    private static void Inverse(
        ReadOnlyGlobalView<float> y,
        ReadOnlyGlobalView<float> condition,
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<NetworkStage> stages,
        GlobalView<float> x,
        SplineNetworkSizes sizes,
        SplineNumbers spline,
        int passes)
    {
        SharedView<float> memory = SharedMemory.GetDynamic<float>();
        var fetched = new LocalArray<float>(Fetched);
        var sums = new LocalArray<float>(RowsOfThread);
        var bin = new LocalArray<float>(SplineValues.BinLength);
        int numbers = (3 * spline.Bins) - 1;
        int firstRow = Grid.IdxX * Rows;
        ReadRows(memory, y, condition, x, sizes);
        Fetch(fetched, weights, stages[0]);
        for (int pass = 0; pass < passes; pass++)
        {
            for (int s = 0; s < sizes.Stages; s++)
            {
                NetworkStage stage = stages[s];
                Place(fetched, memory.Slice(sizes.Tile));
                Group.Barrier();
                Fetch(fetched, weights, stages[s + 1 < sizes.Stages ? s + 1 : 0]);
                Multiply(sums, memory, stage, sizes);
                if (stage.Ending != Open)
                {
                    End(sums, memory, weights, stage, sizes);
                    Activate(memory, stage, sizes);
                }

                Group.Barrier();
                for (int i = Group.IdxX; i < stage.Moved * Rows; i += BlockSize)
                {
                    int row = firstRow + (i % Rows);
                    if (row < sizes.Batch)
                    {
                        int moved = stage.FirstMoved + (i / Rows);
                        long at = ((long)row * sizes.Dims) + sizes.Passing + moved;
                        SharedView<float> raw = memory.Slice(sizes.Raw + (i / Rows * numbers * Stride) + (i % Rows));
                        float value = SplineValues.Inverse(y[at], raw, Stride, spline, bin);
                        x[at] = value;
                        if (passes > 1)
                        {
                            memory[((sizes.Conditions + moved) * Stride) + (i % Rows)] = value;
                        }
                    }
                }
            }
        }
    }

    // The network's inputs to shared memory, (input, row), and what passes to the result.
    private static void ReadRows(
        SharedView<float> memory,
        ReadOnlyGlobalView<float> values,
        ReadOnlyGlobalView<float> condition,
        GlobalView<float> result,
        SplineNetworkSizes sizes)
    {
        int firstRow = Grid.IdxX * Rows;
        for (int i = Group.IdxX; i < sizes.Inputs * Rows; i += BlockSize)
        {
            int input = i % sizes.Inputs;
            long row = firstRow + (i / sizes.Inputs);
            float value = 0.0f;
            if (row < sizes.Batch)
            {
                if (input < sizes.Conditions)
                {
                    value = condition[(row * sizes.Conditions) + input];
                }
                else
                {
                    value = values[(row * sizes.Dims) + input - sizes.Conditions];
                }
            }

            memory[(input * Stride) + (i / sizes.Inputs)] = value;
        }

        for (int i = Group.IdxX; i < sizes.Passing * Rows; i += BlockSize)
        {
            long row = firstRow + (i / sizes.Passing);
            if (row < sizes.Batch)
            {
                long at = (row * sizes.Dims) + (i % sizes.Passing);
                result[at] = values[at];
            }
        }
    }

    private static void Clear(LocalArray<float> sums)
    {
        for (int i = 0; i < RowsOfThread; i++)
        {
            Loop.Unroll();
            sums[i] = 0.0f;
        }
    }

    // The weights of a tile that this thread brings, zeros beside it: a warp reads neighboring inputs of a unit.
    private static void Fetch(LocalArray<float> fetched, ReadOnlyGlobalView<float> weights, NetworkStage stage)
    {
        int input = Group.IdxX % Tile;
        for (int i = 0; i < Fetched; i++)
        {
            Loop.Unroll();
            int unit = (Group.IdxX / Tile) + (i * UnitsAtATime);
            float weight = 0.0f;
            if (input < stage.Depth && unit < stage.Columns)
            {
                weight = weights[stage.Weight + (unit * stage.Inputs) + input];
            }

            fetched[i] = weight;
        }
    }

    // To the tile, (input, unit).
    private static void Place(LocalArray<float> fetched, SharedView<float> tile)
    {
        for (int i = 0; i < Fetched; i++)
        {
            Loop.Unroll();
            tile[(Group.IdxX % Tile * TileStride) + (Group.IdxX / Tile) + (i * UnitsAtATime)] = fetched[i];
        }
    }

    private static void Multiply(
        LocalArray<float> sums, SharedView<float> memory, NetworkStage stage, SplineNetworkSizes sizes)
    {
        if (stage.Begins != 0)
        {
            Clear(sums);
        }

        SharedView<float> tile = memory.Slice(sizes.Tile + (Group.IdxX % Tile));
        SharedView<float> values = memory.Slice(stage.Source + FirstRowOfThread());
        int k = 0;
        for (; k + AtATime <= stage.Depth; k += AtATime)
        {
            SharedView<float> some = tile.Slice(k * TileStride);
            SharedView<float> theirs = values.Slice(k * Stride);
            for (int i = 0; i < AtATime; i++)
            {
                Loop.Unroll();
                TileProduct.AddRow(sums, some[i * TileStride], theirs.Load4(i * Stride));
            }
        }

        for (; k < stage.Depth; k++)
        {
            TileProduct.AddRow(sums, tile[k * TileStride], values.Load4(k * Stride));
        }
    }

    // What the sums of a thread become. First they go to their place, so that what follows stands once in the text for
    // four rows: the compiler does not know how many.
    private static void End(
        LocalArray<float> sums,
        SharedView<float> memory,
        ReadOnlyGlobalView<float> weights,
        NetworkStage stage,
        SplineNetworkSizes sizes)
    {
        int unit = Group.IdxX % Tile;
        if (unit < stage.Columns)
        {
            int place = (unit * Stride) + FirstRowOfThread();
            float bias = weights[stage.Bias + unit];
            for (int i = 0; i < RowsOfThread; i++)
            {
                Loop.Unroll();
                memory[stage.Target + place + i] = sums[i] + bias;
            }

            int end = place + RowsOfThread + Loop.Opaque(0);
            for (int i = place; i < end; i++)
            {
                float value = memory[stage.Target + i];
                if (stage.Ending == Rectify)
                {
                    value = value < 0.0f ? 0.0f : value;
                }
                else if (stage.Ending == Add)
                {
                    value = memory[stage.Other + i] + value;
                }
                else if (stage.Ending == AddActivated)
                {
                    value = memory[stage.Other + i] + Activations.Value(sizes.Activation, sizes.Leak, value);
                }
                else if (stage.Ending == AddGated)
                {
                    value = XMath.Fma(memory[stage.Addend + i], XMath.Sigmoid(value), memory[stage.Other + i]);
                }

                memory[stage.Target + i] = value;
            }
        }
    }

    // For the backward pass: what its kernels read of the network's.
    private static void Keep(
        LocalArray<float> sums,
        SharedView<float> memory,
        ReadOnlyGlobalView<float> weights,
        GlobalView<float> output,
        GlobalView<float> kept,
        NetworkStage stage,
        SplineNetworkSizes sizes)
    {
        int unit = Group.IdxX % Tile;
        int firstRow = (Grid.IdxX * Rows) + FirstRowOfThread();
        for (int i = 0; i < RowsOfThread; i++)
        {
            Loop.Unroll();
            if (unit < stage.Columns && firstRow + i < sizes.Batch)
            {
                long at = ((long)(firstRow + i) * stage.Units) + stage.Unit + unit;
                float value = memory[stage.Target + (unit * Stride) + FirstRowOfThread() + i];
                if (stage.KeptSum >= 0)
                {
                    kept[((long)stage.KeptSum * sizes.Batch) + at] = sums[i] + weights[stage.Bias + unit];
                }

                if (stage.Kept >= 0)
                {
                    kept[((long)stage.Kept * sizes.Batch) + at] = value;
                }
                else if (stage.Kept == Output)
                {
                    output[at] = value;
                }
            }
        }
    }

    private static void Activate(SharedView<float> memory, NetworkStage stage, SplineNetworkSizes sizes)
    {
        int place = (Group.IdxX % Tile * Stride) + FirstRowOfThread();
        if (stage.Activated >= 0 && Group.IdxX % Tile < stage.Columns)
        {
            int end = place + RowsOfThread + Loop.Opaque(0);
            for (int i = place; i < end; i++)
            {
                memory[stage.Activated + i] = Activations.Value(sizes.Activation, sizes.Leak, memory[stage.Target + i]);
            }
        }
    }

    private static int FirstRowOfThread() => Group.IdxX / Tile * RowsOfThread;
}
