namespace FlowEngine.Kernels.Device;

/// <summary>
/// The weight gradients of a coupling network, all three products in one launch: dW₃' = h₂ᵀ dTaps, dW₂' = dc₂ᵀ h₁,
/// dW₁' = dc₁ᵀ patches, each a sum over pixels of rows that are already operands.
/// </summary>
/// <remarks>
/// A group has 128 by 128 elements of one product over a slice of the pixels, a warp 64 by 32 of them; slices go to
/// parts (slice, dW₁' dW₂' dW₃') and are added in order. Rows of pixels come by asynchronous copies, three stages in flight. In
/// shared memory rows of bf16 are 68 words apart (4 modulo 8: the rows of a transposed matrix load lie in different
/// banks), others 136 (8 modulo 32: so do the 4 rows by 8 columns of a fragment). A group reads 512 bytes of bf16 for
/// 2 · 128 · 128 operations a pixel: 64 a byte; half of that in the others.
/// </remarks>
internal static partial class WeightGradientKernels
{
    /// <summary>The rows and the columns that a group computes.</summary>
    public const int Tile = 128;

    private const int Stages = 3;
    private const int HalfStride = 68;
    private const int WholeStride = 136;
    private const int RowBlocks = 4;
    private const int ColumnBlocks = 4;
    private const int WarpRows = 64;
    private const int WarpColumns = 32;
    private const int Sums = 64;

    /// <summary>The sizes.</summary>
    /// <param name="Inputs">9·I.</param>
    /// <param name="Hidden">N.</param>
    /// <param name="Outputs">9·O.</param>
    /// <param name="Pixels">B·P.</param>
    /// <param name="Slice">The pixels of a slice, which is a layer of the grid.</param>
    public readonly record struct Sizes(int Inputs, int Hidden, int Outputs, int Pixels, int Slice);

    /// <summary>The groups of a slice.</summary>
    /// <param name="sizes">The sizes.</param>
    public static int TilesOf(Sizes sizes) =>
        Tiles(sizes.Hidden) * (Tiles(sizes.Inputs) + Tiles(sizes.Hidden) + Tiles(sizes.Outputs));

    /// <summary>The shared memory that a launch must ask for, in words.</summary>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int SharedWords(int precision) => Stages * StageWords(precision);

    /// <summary>The distance of rows in shared memory, in words.</summary>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int Stride(int precision) => precision == NetworkTile.BFloat16 ? HalfStride : WholeStride;

    [Kernel(NetworkTile.BlockSize)]
    [KernelVariant("Full", NetworkTile.Full)]
    [KernelVariant("TensorFloat32", NetworkTile.TensorFloat32)]
    [KernelVariant("BFloat16", NetworkTile.BFloat16)]
    private static void Run(
        ReadOnlyGlobalView<float> hidden,
        ReadOnlyGlobalView<float> dHidden,
        ReadOnlyGlobalView<float> patches,
        ReadOnlyGlobalView<float> dTaps,
        GlobalView<float> parts,
        Sizes sizes,
        int precision)
    {
        SharedView<float> stages = SharedMemory.GetDynamic<float>();
        // Which product, and which tile of it; h₂ and dc₂ stand after h₁ and dc₁.
        long layer = (long)sizes.Pixels * NetworkTile.Words(sizes.Hidden, precision);
        int rowTiles = Tiles(sizes.Hidden);
        int tile = Grid.IdxX;
        int columns = sizes.Inputs;
        long start = 0;
        ReadOnlyGlobalView<float> left = dHidden;
        ReadOnlyGlobalView<float> right = patches;
        if (tile >= rowTiles * Tiles(columns))
        {
            tile -= rowTiles * Tiles(columns);
            start += (long)sizes.Hidden * columns;
            columns = sizes.Hidden;
            left = dHidden.Slice(layer);
            right = hidden;
            if (tile >= rowTiles * Tiles(columns))
            {
                tile -= rowTiles * Tiles(columns);
                start += (long)sizes.Hidden * columns;
                columns = sizes.Outputs;
                left = hidden.Slice(layer);
                right = dTaps;
            }
        }

        int row = tile % rowTiles * Tile;
        int column = tile / rowTiles * Tile;
        int first = Grid.IdxY * sizes.Slice;
        int end = XMath.Min(first + sizes.Slice, sizes.Pixels);
        var sums = new LocalArray<float>(Sums);
        for (int i = 0; i < Sums; i++)
        {
            Loop.Unroll();
            sums[i] = 0.0f;
        }

        int depth = NetworkTile.StepLength(precision) * 2;
        int steps = (end - first + depth - 1) / depth;
        int stageWords = StageWords(precision);
        int leftWords = NetworkTile.Words(sizes.Hidden, precision);
        int rightWords = NetworkTile.Words(columns, precision);
        for (int step = 0; step < Stages - 1; step++)
        {
            int pixel = first + (step * depth);
            StartRows(stages.Slice(step * stageWords), left, row, leftWords, pixel, end, precision);
            StartRows(
                stages.Slice((step * stageWords) + (stageWords / 2)), right, column, rightWords, pixel, end, precision);
            Async.Commit();
        }

        for (int step = 0; step < steps; step++)
        {
            // The stage of this step has come for all, and all are done with the one that is filled next.
            Async.Wait(Stages - 2);
            Group.Barrier();
            int next = step + Stages - 1;
            int pixel = first + (next * depth);
            SharedView<float> filled = stages.Slice(next % Stages * stageWords);
            StartRows(filled, left, row, leftWords, pixel, end, precision);
            StartRows(filled.Slice(stageWords / 2), right, column, rightWords, pixel, end, precision);
            Async.Commit();
            SharedView<float> rows = stages.Slice(step % Stages * stageWords);
            for (int half = 0; half < 2; half++)
            {
                SharedView<float> leftRows = rows.Slice(half * stageWords / 4);
                SharedView<float> rightRows = leftRows.Slice(stageWords / 2);
                if (precision == NetworkTile.Full)
                {
                    MultiplyRows(sums, leftRows, rightRows);
                }
                else
                {
                    MultiplyFragments(sums, leftRows, rightRows, precision);
                }
            }
        }

        long total = (long)sizes.Hidden * (sizes.Inputs + sizes.Hidden + sizes.Outputs);
        Store(
            sums, parts.Slice((Grid.IdxY * total) + start), row, column, sizes.Hidden, columns, precision);
    }

    private static int Tiles(int length) => (length + Tile - 1) / Tile;

    // Two steps of both factors.
    private static int StageWords(int precision) => 4 * NetworkTile.StepLength(precision) * Stride(precision);

    // Starts the copies of 128 elements of two steps of pixels; zeros where there is no pixel or element.
    private static void StartRows(
        SharedView<float> stage,
        ReadOnlyGlobalView<float> matrix,
        int element,
        int words,
        int pixel,
        int end,
        int precision)
    {
        int perWord = precision == NetworkTile.BFloat16 ? 2 : 1;
        int vectors = Tile / perWord / 4;
        for (int i = Group.IdxX; i < NetworkTile.StepLength(precision) * 2 * vectors; i += NetworkTile.BlockSize)
        {
            int row = i / vectors;
            int word = i % vectors * 4;
            int place = (element / perWord) + word;
            bool inside = pixel + row < end && place < words;
            Async.Copy16(
                stage.Slice((row * Stride(precision)) + word),
                matrix.Slice(inside ? ((long)(pixel + row) * words) + place : 0),
                inside);
        }
    }

    // One step of the tensor cores. Rows are pixels, the depth of the sum, so both factors are read transposed.
    private static void MultiplyFragments(
        LocalArray<float> sums, SharedView<float> leftRows, SharedView<float> rightRows, int precision)
    {
        var left = new LocalArray<uint>(RowBlocks * 4);
        var right = new LocalArray<uint>(ColumnBlocks * 2);
        int row = Warp.WarpIdx / 4 * WarpRows;
        int column = Warp.WarpIdx % 4 * WarpColumns;
        if (precision == NetworkTile.BFloat16)
        {
            for (int i = 0; i < RowBlocks; i++)
            {
                Loop.Unroll();
                int k = (Warp.LaneIdx % 8) + (Warp.LaneIdx / 16 * 8);
                int m = row + (i * 16) + (Warp.LaneIdx / 8 % 2 * 8);
                TensorCore.LoadMatrixX4Transposed(left.Slice(i * 4), leftRows.Slice((k * HalfStride) + (m / 2)));
            }

            for (int j = 0; j < ColumnBlocks; j += 2)
            {
                Loop.Unroll();
                int k = Warp.LaneIdx % 16;
                int n = column + (j * 8) + (Warp.LaneIdx / 16 * 8);
                TensorCore.LoadMatrixX4Transposed(right.Slice(j * 2), rightRows.Slice((k * HalfStride) + (n / 2)));
            }
        }
        else
        {
            int k = Warp.LaneIdx % 4 * WholeStride;
            for (int i = 0; i < RowBlocks; i++)
            {
                Loop.Unroll();
                SharedView<float> place = leftRows.Slice(k + row + (i * 16) + (Warp.LaneIdx / 4));
                left[i * 4] = XMath.AsUInt32(place[0]);
                left[(i * 4) + 1] = XMath.AsUInt32(place[8]);
                left[(i * 4) + 2] = XMath.AsUInt32(place[4 * WholeStride]);
                left[(i * 4) + 3] = XMath.AsUInt32(place[(4 * WholeStride) + 8]);
            }

            for (int j = 0; j < ColumnBlocks; j++)
            {
                Loop.Unroll();
                SharedView<float> place = rightRows.Slice(k + column + (j * 8) + (Warp.LaneIdx / 4));
                right[j * 2] = XMath.AsUInt32(place[0]);
                right[(j * 2) + 1] = XMath.AsUInt32(place[4 * WholeStride]);
            }
        }

        for (int i = 0; i < RowBlocks; i++)
        {
            Loop.Unroll();
            for (int j = 0; j < ColumnBlocks; j++)
            {
                Loop.Unroll();
                if (precision == NetworkTile.BFloat16)
                {
                    TensorCore.MultiplyAddBFloat16(
                        sums.Slice(((i * ColumnBlocks) + j) * 4), left.Slice(i * 4), right.Slice(j * 2));
                }
                else
                {
                    TensorCore.MultiplyAddTensorFloat32(
                        sums.Slice(((i * ColumnBlocks) + j) * 4), left.Slice(i * 4), right.Slice(j * 2));
                }
            }
        }
    }

    // A thread has 8 by 8 elements: rows and columns 4 and 4, 64 apart, so that neighbors read neighboring 16 bytes.
    private static void MultiplyRows(
        LocalArray<float> sums, SharedView<float> leftRows, SharedView<float> rightRows)
    {
        int row = Group.IdxX / 16 * 4;
        int column = Group.IdxX % 16 * 4;
        for (int k = 0; k < NetworkTile.StepWords; k++)
        {
            Loop.Unroll();
            for (int i = 0; i < 2; i++)
            {
                Loop.Unroll();
                Float4 a = leftRows.Load4((k * WholeStride) + row + (i * 64));
                for (int j = 0; j < 2; j++)
                {
                    Loop.Unroll();
                    Float4 b = rightRows.Load4((k * WholeStride) + column + (j * 64));
                    TileProduct.AddRow(sums.Slice((i * 32) + (j * 4)), a.X, b);
                    TileProduct.AddRow(sums.Slice((i * 32) + (j * 4) + 8), a.Y, b);
                    TileProduct.AddRow(sums.Slice((i * 32) + (j * 4) + 16), a.Z, b);
                    TileProduct.AddRow(sums.Slice((i * 32) + (j * 4) + 24), a.W, b);
                }
            }
        }
    }

    private static void Store(
        LocalArray<float> sums,
        GlobalView<float> product,
        int row,
        int column,
        int rows,
        int columns,
        int precision)
    {
        for (int pair = 0; pair < Sums / 2; pair++)
        {
            Loop.Unroll();
            int r;
            int c;
            if (precision == NetworkTile.Full)
            {
                r = (pair / 16 * 64) + (pair / 4 % 4) + (Group.IdxX / 16 * 4);
                c = (pair / 2 % 2 * 64) + (pair % 2 * 2) + (Group.IdxX % 16 * 4);
            }
            else
            {
                r = (Warp.WarpIdx / 4 * WarpRows) + (pair / 8 * 16) + (pair % 2 * 8) + (Warp.LaneIdx / 4);
                c = (Warp.WarpIdx % 4 * WarpColumns) + (pair / 2 % 4 * 8) + (Warp.LaneIdx % 4 * 2);
            }

            if (row + r < rows && column + c < columns)
            {
                long place = ((long)(row + r) * columns) + column + c;
                int room = columns - column - c;
                product[place] = sums[pair * 2];
                if (room > 1)
                {
                    product[place + 1] = sums[(pair * 2) + 1];
                }
            }
        }
    }
}
