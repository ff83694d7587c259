using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>
/// C (m, n) = A (m, k) · Bᵀ with B (n, k), all float32 and row-major; the tensor cores round A and B to TF32.
/// </summary>
/// <remarks>
/// A group of four warps has 64 by 64 elements of C, a warp 32 by 32. Rows of the tiles are 20 numbers apart: the 32
/// elements of a fragment then lie in different banks. k must be a multiple of 4: copies are of 16 bytes.
/// </remarks>
public static partial class TensorFloat32Product
{
    /// <summary>The rows and the columns of C that a group computes.</summary>
    public const int Tile = 64;

    private const int BlockSize = 128;
    private const int Depth = 16;
    private const int Stride = 20;
    private const int Chunk = 4;
    private const int ChunksPerRow = Depth / Chunk;
    private const int WarpTile = 32;
    private const int RowBlocks = WarpTile / 16;
    private const int ColumnBlocks = WarpTile / 8;

    [Kernel(BlockSize)]
    private static void Multiply(
        ReadOnlyGlobalView<float> a, ReadOnlyGlobalView<float> b, GlobalView<float> c, int m, int n, int k)
    {
        SharedView<float> tileA = SharedMemory.Allocate<float>(2 * Tile * Stride);
        SharedView<float> tileB = SharedMemory.Allocate<float>(2 * Tile * Stride);
        var sums = new LocalArray<float>(RowBlocks * ColumnBlocks * 4);
        var left = new LocalArray<uint>(RowBlocks * 4);
        var right = new LocalArray<uint>(2);
        for (int i = 0; i < RowBlocks * ColumnBlocks * 4; i++)
        {
            Loop.Unroll();
            sums[i] = 0.0f;
        }

        int row = Grid.IdxY * Tile;
        int column = Grid.IdxX * Tile;
        int warpRow = Warp.WarpIdx / 2 * WarpTile;
        int warpColumn = Warp.WarpIdx % 2 * WarpTile;
        int g = Warp.LaneIdx / 4;
        int q = Warp.LaneIdx % 4;
        int steps = (k + Depth - 1) / Depth;
        StartTile(tileA, a, row, 0, m, k);
        StartTile(tileB, b, column, 0, n, k);
        Async.Commit();
        for (int step = 0; step < steps; step++)
        {
            int next = (step + 1) % 2 * Tile * Stride;
            StartTile(tileA.Slice(next), a, row, (step + 1) * Depth, m, k);
            StartTile(tileB.Slice(next), b, column, (step + 1) * Depth, n, k);
            Async.Commit();
            Async.Wait(1);
            Group.Barrier();
            SharedView<float> rowsA = tileA.Slice((step % 2 * Tile * Stride) + (warpRow * Stride));
            SharedView<float> rowsB = tileB.Slice((step % 2 * Tile * Stride) + (warpColumn * Stride));
            for (int depth = 0; depth < Depth; depth += 8)
            {
                Loop.Unroll();
                for (int i = 0; i < RowBlocks; i++)
                {
                    Loop.Unroll();
                    int place = (((i * 16) + g) * Stride) + depth + q;
                    left[i * 4] = TensorCore.ToTensorFloat32(rowsA[place]);
                    left[(i * 4) + 1] = TensorCore.ToTensorFloat32(rowsA[place + (8 * Stride)]);
                    left[(i * 4) + 2] = TensorCore.ToTensorFloat32(rowsA[place + 4]);
                    left[(i * 4) + 3] = TensorCore.ToTensorFloat32(rowsA[place + (8 * Stride) + 4]);
                }

                for (int j = 0; j < ColumnBlocks; j++)
                {
                    Loop.Unroll();
                    int place = (((j * 8) + g) * Stride) + depth + q;
                    right[0] = TensorCore.ToTensorFloat32(rowsB[place]);
                    right[1] = TensorCore.ToTensorFloat32(rowsB[place + 4]);
                    for (int i = 0; i < RowBlocks; i++)
                    {
                        Loop.Unroll();
                        TensorCore.MultiplyAddTensorFloat32(
                            sums.Slice(((i * ColumnBlocks) + j) * 4), left.Slice(i * 4), right.Slice(0));
                    }
                }
            }

            // The next step's copies overwrite what this step read.
            Group.Barrier();
        }

        for (int i = 0; i < RowBlocks; i++)
        {
            Loop.Unroll();
            for (int j = 0; j < ColumnBlocks; j++)
            {
                Loop.Unroll();
                for (int e = 0; e < 4; e++)
                {
                    Loop.Unroll();
                    int r = row + warpRow + (i * 16) + g + (e / 2 * 8);
                    int col = column + warpColumn + (j * 8) + (q * 2) + (e % 2);
                    if (r < m && col < n)
                    {
                        c[((long)r * n) + col] = sums[(((i * ColumnBlocks) + j) * 4) + e];
                    }
                }
            }
        }
    }

    private static void StartTile(
        SharedView<float> tile, ReadOnlyGlobalView<float> matrix, int first, int depth, int rows, int k)
    {
        for (int i = Group.IdxX; i < Tile * ChunksPerRow; i += BlockSize)
        {
            int r = i / ChunksPerRow;
            int place = depth + (i % ChunksPerRow * Chunk);
            bool inside = first + r < rows && place < k;
            Async.Copy16(
                tile.Slice((r * Stride) + (i % ChunksPerRow * Chunk)),
                matrix.Slice(inside ? ((long)(first + r) * k) + place : 0),
                inside);
        }
    }
}
