using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>
/// C (m, n) = A (m, k) · Bᵀ with B (n, k), A and B in bf16, C in float32, all row-major, on the tensor cores.
/// </summary>
/// <remarks>
/// A group of four warps has 128 by 128 elements of C, a warp 64 by 64 of them: 32 products m16n8k16 for 8 loads of
/// fragments. Tiles of 32 deep come by asynchronous copies of 16 bytes, four stages in flight. A row of a tile is four
/// chunks of 16 bytes; chunk j of row r lies at j xor (r / 2 mod 4), so that the eight rows that one phase of a load
/// reads, and the eight chunks that one phase of a copy writes, lie in different banks. k must be a multiple of 8: a
/// chunk is inside or outside as a whole. A group reads (128 + 128) · k · 2 bytes for 2 · 128 · 128 · k operations: 64 a byte.
/// </remarks>
public static partial class BFloat16Product
{
    /// <summary>The rows and the columns of C that a group computes.</summary>
    public const int Tile = 128;

    /// <summary>The shared memory that a launch must ask for: the stages of both tiles.</summary>
    public const int SharedBytes = Stages * StageElements * sizeof(ushort);

    private const int BlockSize = 128;
    private const int Depth = 32;
    private const int Stages = 4;
    private const int Chunk = 8;
    private const int ChunksPerRow = Depth / Chunk;
    private const int TileElements = Tile * Depth;
    private const int StageElements = 2 * TileElements;
    private const int WarpTile = 64;
    private const int RowBlocks = WarpTile / 16;
    private const int ColumnBlocks = WarpTile / 8;

    [Kernel(BlockSize)]
    private static void Multiply(
        ReadOnlyGlobalView<BFloat16> a, ReadOnlyGlobalView<BFloat16> b, GlobalView<float> c, int m, int n, int k)
    {
        SharedView<BFloat16> stages = SharedMemory.GetDynamic<BFloat16>();
        var sums = new LocalArray<float>(RowBlocks * ColumnBlocks * 4);
        var left = new LocalArray<uint>(RowBlocks * 4);
        var right = new LocalArray<uint>(ColumnBlocks * 2);
        for (int i = 0; i < RowBlocks * ColumnBlocks * 4; i++)
        {
            Loop.Unroll();
            sums[i] = 0.0f;
        }

        int row = Grid.IdxY * Tile;
        int column = Grid.IdxX * Tile;
        int warpRow = Warp.WarpIdx / 2 * WarpTile;
        int warpColumn = Warp.WarpIdx % 2 * WarpTile;
        int steps = (k + Depth - 1) / Depth;
        for (int stage = 0; stage < Stages - 1; stage++)
        {
            StartStage(stages.Slice(stage * StageElements), a, b, row, column, stage * Depth, m, n, k);
        }

        for (int step = 0; step < steps; step++)
        {
            // The stage of this step has come for this thread, then for all; and all are done with the stage that is
            // filled next, which they read in the step before.
            Async.Wait(Stages - 2);
            Group.Barrier();
            int next = step + Stages - 1;
            StartStage(stages.Slice(next % Stages * StageElements), a, b, row, column, next * Depth, m, n, k);
            SharedView<BFloat16> tileA = stages.Slice(step % Stages * StageElements);
            SharedView<BFloat16> tileB = tileA.Slice(TileElements);
            for (int half = 0; half < Depth / 16; half++)
            {
                Loop.Unroll();
                for (int i = 0; i < RowBlocks; i++)
                {
                    Loop.Unroll();
                    int r = warpRow + (i * 16) + (Warp.LaneIdx % 16);
                    TensorCore.LoadMatrixX4(
                        left.Slice(i * 4), tileA.Slice(Place(r, (half * 2) + (Warp.LaneIdx / 16))));
                }

                for (int j = 0; j < ColumnBlocks; j += 2)
                {
                    Loop.Unroll();
                    int r = warpColumn + (j * 8) + (Warp.LaneIdx % 8) + (Warp.LaneIdx / 16 * 8);
                    TensorCore.LoadMatrixX4(
                        right.Slice(j * 2), tileB.Slice(Place(r, (half * 2) + (Warp.LaneIdx / 8 % 2))));
                }

                for (int i = 0; i < RowBlocks; i++)
                {
                    Loop.Unroll();
                    for (int j = 0; j < ColumnBlocks; j++)
                    {
                        Loop.Unroll();
                        TensorCore.MultiplyAddBFloat16(
                            sums.Slice(((i * ColumnBlocks) + j) * 4), left.Slice(i * 4), right.Slice(j * 2));
                    }
                }
            }
        }

        for (int i = 0; i < RowBlocks; i++)
        {
            Loop.Unroll();
            for (int j = 0; j < ColumnBlocks; j++)
            {
                Loop.Unroll();
                int r = row + warpRow + (i * 16) + (Warp.LaneIdx / 4);
                int col = column + warpColumn + (j * 8) + (Warp.LaneIdx % 4 * 2);
                StorePair(c, r, col, m, n, sums.Slice(((i * ColumnBlocks) + j) * 4));
                StorePair(c, r + 8, col, m, n, sums.Slice((((i * ColumnBlocks) + j) * 4) + 2));
            }
        }
    }

    // Starts the copies of both tiles at this depth, one group of copies; zeros where there is no data.
    private static void StartStage(
        SharedView<BFloat16> stage,
        ReadOnlyGlobalView<BFloat16> a,
        ReadOnlyGlobalView<BFloat16> b,
        int row,
        int column,
        int depth,
        int m,
        int n,
        int k)
    {
        if (depth < k)
        {
            StartTile(stage, a, row, depth, m, k);
            StartTile(stage.Slice(TileElements), b, column, depth, n, k);
        }

        Async.Commit();
    }

    private static void StartTile(
        SharedView<BFloat16> tile, ReadOnlyGlobalView<BFloat16> matrix, int first, int depth, int rows, int k)
    {
        int chunk = Group.IdxX % ChunksPerRow;
        int place = depth + (chunk * Chunk);
        for (int i = 0; i < Tile * ChunksPerRow / BlockSize; i++)
        {
            Loop.Unroll();
            int r = (Group.IdxX / ChunksPerRow) + (i * (BlockSize / ChunksPerRow));
            bool inside = first + r < rows && place < k;
            Async.Copy16(
                tile.Slice(Place(r, chunk)),
                matrix.Slice(inside ? ((long)(first + r) * k) + place : 0),
                inside);
        }
    }

    /// <summary>The element of a tile at which a chunk of a row lies.</summary>
    internal static int Place(int row, int chunk) => (row * Depth) + ((chunk ^ (row / 2 % ChunksPerRow)) * Chunk);

    private static void StorePair(GlobalView<float> c, int row, int column, int m, int n, LocalArray<float> pair)
    {
        if (row < m)
        {
            long place = ((long)row * n) + column;
            if (n % 2 == 0 && column < n)
            {
                c.Store2(place, new Float2(pair[0], pair[1]));
            }
            else
            {
                if (column < n)
                {
                    c[place] = pair[0];
                }

                if (column + 1 < n)
                {
                    c[place + 1] = pair[1];
                }
            }
        }
    }
}
