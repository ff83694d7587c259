namespace FlowEngine.Kernels.Device;

/// <summary>
/// A product of a tile of pixels in shared memory with packed weights, for kernels to call. A group has 8 warps; all rows
/// of the tile and 16 columns of each 128 are a warp's, up to 512 columns in one pass, their sums in registers.
/// </summary>
/// <remarks>
/// No two warps need the same weights, so nothing waits for the group: a lane copies the words of its own fragments, 16
/// bytes at a time, two steps ahead into a ring of its own, and reads back what it copied. Weights are packed for that
/// (<see cref="NetworkWeightKernels"/>): the 16 columns of one step are 512 bytes, in the order of the lanes. In float32,
/// which has no fragments, a warp reads the 512 bytes together.
/// </remarks>
internal static class NetworkProduct
{
    /// <summary>The columns of one packed block of weights.</summary>
    public const int BlockColumns = 16;

    /// <summary>The words of one packed block: 16 columns of one step.</summary>
    public const int BlockWords = BlockColumns * NetworkTile.StepWords;

    /// <summary>The columns of a band: a block for each warp.</summary>
    public const int BandColumns = Warps * BlockColumns;

    /// <summary>The columns of a pass.</summary>
    public const int PassColumns = Bands * BandColumns;

    /// <summary>The sums that a thread holds for 16 rows of a pass.</summary>
    public const int SumsPerRowBlock = Bands * SumsPerBlock;

    /// <summary>The most blocks of 16 rows of a tile.</summary>
    public const int MaxRowBlocks = 4;

    /// <summary>The most pairs of a thread in one block.</summary>
    public const int MaxPairs = MaxRowBlocks * SumsPerBlock / 2;

    /// <summary>The bands of a pass.</summary>
    public const int Bands = 4;

    private const int Warps = NetworkTile.BlockSize / 32;
    private const int Stages = 3;
    private const int SumsPerBlock = 8;
    private const int FragmentWords = 4;

    /// <summary>The blocks along the columns of packed weights.</summary>
    /// <param name="columns">The columns.</param>
    public static int BlocksOf(int columns) => (columns + BandColumns - 1) / BandColumns * Warps;

    /// <summary>The shared memory of the rings, in words.</summary>
    /// <param name="columns">The columns of the widest product.</param>
    public static int RingWords(int columns) => XMath.Min(BlocksOf(columns), Bands * Warps) * Stages * BlockWords;

    /// <summary>The pairs of neighboring columns that a thread has of one block, in 16 rows each.</summary>
    /// <param name="rowBlocks">The tile's rows / 16.</param>
    public static int PairsOf(int rowBlocks) => rowBlocks * SumsPerBlock / 2;

    /// <summary>The bands of a pass over so many columns.</summary>
    /// <param name="columns">The columns left.</param>
    public static int BandsOf(int columns) => XMath.Min((columns + BandColumns - 1) / BandColumns, Bands);

    /// <summary>The row of a pair of this thread.</summary>
    /// <param name="pair">0 to <see cref="PairsOf"/>.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int RowOf(int pair, int precision) => precision == NetworkTile.Full
        ? (Warp.LaneIdx / 8 * 8) + pair
        : (pair / 4 * 16) + (pair % 2 * 8) + (Warp.LaneIdx / 4);

    /// <summary>The first column of a pair of this thread, of a band from column 0 on.</summary>
    /// <param name="pair">0 to <see cref="PairsOf"/>.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int ColumnOf(int pair, int precision) => (Warp.WarpIdx * BlockColumns)
        + (precision == NetworkTile.Full ? Warp.LaneIdx % 8 * 2 : (pair / 2 % 2 * 8) + (Warp.LaneIdx % 4 * 2));

    /// <summary>
    /// sums = tile · weights: pair p of band b at (b · <see cref="PairsOf"/> + p) · 2. Reads the tile without a barrier.
    /// </summary>
    /// <param name="sums"><see cref="SumsPerRowBlock"/> for each block of rows, overwritten.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="stride">The distance of rows.</param>
    /// <param name="ring"><see cref="RingWords"/> of the group.</param>
    /// <param name="weights">The packed blocks from the first column of the pass, aligned to 16 bytes.</param>
    /// <param name="steps">The steps along a row.</param>
    /// <param name="blocks">The blocks of weights of a step, those of other passes too.</param>
    /// <param name="bands">The bands of this pass, 1 to 4.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    /// <param name="rowBlocks">The tile's rows / 16: 2 or 4, and 2 in float32.</param>
    public static void Multiply(
        LocalArray<float> sums,
        SharedView<float> tile,
        int stride,
        SharedView<float> ring,
        ReadOnlyGlobalView<float> weights,
        int steps,
        int blocks,
        int bands,
        int precision,
        int rowBlocks)
    {
        for (int i = 0; i < MaxRowBlocks * SumsPerRowBlock; i++)
        {
            Loop.Unroll();
            if (i < rowBlocks * SumsPerRowBlock)
            {
                sums[i] = 0.0f;
            }
        }

        int stageWords = bands * BlockWords;
        SharedView<float> stages = ring.Slice(Warp.WarpIdx * Stages * stageWords);
        ReadOnlyGlobalView<float> own =
            weights.Slice((Warp.WarpIdx * BlockWords) + (Warp.LaneIdx * FragmentWords));
        for (int step = 0; step < Stages - 1; step++)
        {
            StartStep(stages.Slice(step * stageWords), own.Slice(step * blocks * BlockWords), bands, step < steps);
        }

        for (int step = 0; step < steps; step++)
        {
            Async.Wait(Stages - 2);
            if (precision == NetworkTile.Full)
            {
                Warp.Barrier();
            }

            int next = step + Stages - 1;
            StartStep(
                stages.Slice(next % Stages * stageWords), own.Slice(next * blocks * BlockWords), bands, next < steps);
            SharedView<float> stage = stages.Slice(step % Stages * stageWords);
            if (precision == NetworkTile.Full)
            {
                MultiplyStep(sums, tile.Slice(step * NetworkTile.StepWords), stride, stage, bands);
            }
            else
            {
                MultiplyFragments(
                    sums, tile.Slice(step * NetworkTile.StepWords), stride, stage, bands, precision, rowBlocks);
            }
        }

        // In float32 another pass may overwrite what a slower lane still reads.
        if (precision == NetworkTile.Full)
        {
            Warp.Barrier();
        }
    }

    /// <summary>Writes the sums of a pass to rows of float32 in device memory.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="output">(pixels, columns), aligned to 8 bytes.</param>
    /// <param name="column">The first column of the pass.</param>
    /// <param name="columns">All columns.</param>
    /// <param name="pixels">All pixels.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    /// <param name="rowBlocks">The tile's rows / 16.</param>
    public static void Store(
        LocalArray<float> sums,
        GlobalView<float> output,
        int column,
        int columns,
        int pixels,
        int precision,
        int rowBlocks)
    {
        int origin = Loop.Opaque(0);
        for (int band = 0; band < Bands; band++)
        {
            Loop.Unroll();
            for (int pair = 0; pair < MaxPairs; pair++)
            {
                Loop.Unroll();
                int pixel = (Grid.IdxX * rowBlocks * 16) + RowOf(pair, precision) + origin;
                int c = column + (band * BandColumns) + ColumnOf(pair, precision) + origin;
                if (pair < PairsOf(rowBlocks) && pixel < pixels && c < columns)
                {
                    StorePair(output, ((long)pixel * columns) + c, columns - c, sums.Slice(((band * PairsOf(rowBlocks)) + pair) * 2));
                }
            }
        }
    }

    /// <summary>Writes a pair, as one where it is aligned; its second number only where there is room.</summary>
    /// <param name="output">Aligned to 8 bytes.</param>
    /// <param name="place">Where the first goes.</param>
    /// <param name="room">The numbers left in the row, at least 1.</param>
    /// <param name="pair">The pair.</param>
    public static void StorePair(GlobalView<float> output, long place, int room, LocalArray<float> pair)
    {
        if (place % 2 == 0 && room > 1)
        {
            output.Store2(place, new Float2(pair[0], pair[1]));
        }
        else
        {
            output[place] = pair[0];
            if (room > 1)
            {
                output[place + 1] = pair[1];
            }
        }
    }

    private static void StartStep(SharedView<float> stage, ReadOnlyGlobalView<float> weights, int bands, bool valid)
    {
        if (valid)
        {
            for (int band = 0; band < Bands; band++)
            {
                Loop.Unroll();
                if (band < bands)
                {
                    Async.Copy16(
                        stage.Slice((band * BlockWords) + (Warp.LaneIdx * FragmentWords)),
                        weights.Slice(band * Warps * BlockWords));
                }
            }
        }

        Async.Commit();
    }

    private static void MultiplyFragments(
        LocalArray<float> sums,
        SharedView<float> tile,
        int stride,
        SharedView<float> stage,
        int bands,
        int precision,
        int rowBlocks)
    {
        var left = new LocalArray<uint>(MaxRowBlocks * FragmentWords);
        var right = new LocalArray<uint>(FragmentWords);
        for (int i = 0; i < MaxRowBlocks; i++)
        {
            Loop.Unroll();
            if (i < rowBlocks)
            {
                TensorCore.LoadMatrixX4(
                    left.Slice(i * FragmentWords),
                    tile.Slice((((i * 16) + (Warp.LaneIdx % 16)) * stride) + (Warp.LaneIdx / 16 * 4)));
            }
        }

        for (int band = 0; band < Bands; band++)
        {
            Loop.Unroll();
            if (band < bands)
            {
                Float4 words = stage.Load4((band * BlockWords) + (Warp.LaneIdx * FragmentWords));
                right[0] = XMath.AsUInt32(words.X);
                right[1] = XMath.AsUInt32(words.Y);
                right[2] = XMath.AsUInt32(words.Z);
                right[3] = XMath.AsUInt32(words.W);
                for (int i = 0; i < MaxRowBlocks; i++)
                {
                    Loop.Unroll();
                    if (i < rowBlocks)
                    {
                        LocalArray<float> ofBlock = sums.Slice(((band * rowBlocks) + i) * SumsPerBlock);
                        if (precision == NetworkTile.BFloat16)
                        {
                            TensorCore.MultiplyAddBFloat16(ofBlock, left.Slice(i * FragmentWords), right);
                            TensorCore.MultiplyAddBFloat16(
                                ofBlock.Slice(4), left.Slice(i * FragmentWords), right.Slice(2));
                        }
                        else
                        {
                            TensorCore.MultiplyAddTensorFloat32(ofBlock, left.Slice(i * FragmentWords), right);
                            TensorCore.MultiplyAddTensorFloat32(
                                ofBlock.Slice(4), left.Slice(i * FragmentWords), right.Slice(2));
                        }
                    }
                }
            }
        }
    }

    // A lane has 8 rows and 2 columns of each band; eight neighbors read the same 16 bytes of the tile.
    private static void MultiplyStep(
        LocalArray<float> sums, SharedView<float> tile, int stride, SharedView<float> stage, int bands)
    {
        var left = new LocalArray<Float4>(8);
        SharedView<float> rows = tile.Slice(Warp.LaneIdx / 8 * 8 * stride);
        SharedView<float> columns = stage.Slice(Warp.LaneIdx % 8 * 2);
        for (int k = 0; k < NetworkTile.StepWords; k += 4)
        {
            Loop.Unroll();
            for (int r = 0; r < 8; r++)
            {
                Loop.Unroll();
                left[r] = rows.Load4((r * stride) + k);
            }

            for (int band = 0; band < Bands; band++)
            {
                Loop.Unroll();
                if (band < bands)
                {
                    SharedView<float> right = columns.Slice((band * BlockWords) + (k * BlockColumns));
                    Float2 b0 = right.Load2(0);
                    Float2 b1 = right.Load2(BlockColumns);
                    Float2 b2 = right.Load2(2 * BlockColumns);
                    Float2 b3 = right.Load2(3 * BlockColumns);
                    for (int r = 0; r < 8; r++)
                    {
                        Loop.Unroll();
                        Float4 a = left[r];
                        int place = ((band * 8) + r) * 2;
                        float first = sums[place];
                        float second = sums[place + 1];
                        first = XMath.Fma(a.X, b0.X, first);
                        second = XMath.Fma(a.X, b0.Y, second);
                        first = XMath.Fma(a.Y, b1.X, first);
                        second = XMath.Fma(a.Y, b1.Y, second);
                        first = XMath.Fma(a.Z, b2.X, first);
                        second = XMath.Fma(a.Z, b2.Y, second);
                        first = XMath.Fma(a.W, b3.X, first);
                        second = XMath.Fma(a.W, b3.Y, second);
                        sums[place] = first;
                        sums[place + 1] = second;
                    }
                }
            }
        }
    }
}
