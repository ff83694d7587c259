using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>C (m, n) = A (m, k) · B (k, n), all float32 and row-major, of any size.</summary>
public static partial class MatrixProduct
{
    /// <summary>The rows and the columns of C that a group computes.</summary>
    public const int Tile = 64;

    private const int BlockSize = 256;
    private const int Depth = 16;
    private const int PerThread = 4;

    // A thread has 4 by 4 elements of C; both tiles lie in shared memory with k outermost.
    [Kernel(BlockSize)]
    private static void Multiply(
        ReadOnlyGlobalView<float> a, ReadOnlyGlobalView<float> b, GlobalView<float> c, int m, int n, int k)
    {
        SharedView<float> tileA = SharedMemory.Allocate<float>(Depth * Tile);
        SharedView<float> tileB = SharedMemory.Allocate<float>(Depth * Tile);
        var sums = new LocalArray<float>(PerThread * PerThread);
        for (int i = 0; i < PerThread * PerThread; i++)
        {
            Loop.Unroll();
            sums[i] = 0.0f;
        }

        int row = Grid.IdxY * Tile;
        int column = Grid.IdxX * Tile;
        int threadRow = Group.IdxX / (Tile / PerThread) * PerThread;
        int threadColumn = Group.IdxX % (Tile / PerThread) * PerThread;
        for (int start = 0; start < k; start += Depth)
        {
            for (int i = Group.IdxX; i < Depth * Tile; i += BlockSize)
            {
                int r = row + (i / Depth);
                int depth = start + (i % Depth);
                tileA[(i % Depth * Tile) + (i / Depth)] = r < m && depth < k ? a[((long)r * k) + depth] : 0.0f;
            }

            for (int i = Group.IdxX; i < Depth * Tile; i += BlockSize)
            {
                int depth = start + (i / Tile);
                int col = column + (i % Tile);
                tileB[i] = depth < k && col < n ? b[((long)depth * n) + col] : 0.0f;
            }

            Group.Barrier();
            for (int depth = 0; depth < Depth; depth++)
            {
                Loop.Unroll();
                Float4 left = tileA.Load4((depth * Tile) + threadRow);
                Float4 right = tileB.Load4((depth * Tile) + threadColumn);
                MultiplyRow(sums.Slice(0), left.X, right);
                MultiplyRow(sums.Slice(PerThread), left.Y, right);
                MultiplyRow(sums.Slice(2 * PerThread), left.Z, right);
                MultiplyRow(sums.Slice(3 * PerThread), left.W, right);
            }

            Group.Barrier();
        }

        for (int i = 0; i < PerThread; i++)
        {
            Loop.Unroll();
            for (int j = 0; j < PerThread; j++)
            {
                Loop.Unroll();
                int r = row + threadRow + i;
                int col = column + threadColumn + j;
                if (r < m && col < n)
                {
                    c[((long)r * n) + col] = sums[(i * PerThread) + j];
                }
            }
        }
    }

    private static void MultiplyRow(LocalArray<float> sums, float left, Float4 right)
    {
        sums[0] = XMath.Fma(left, right.X, sums[0]);
        sums[1] = XMath.Fma(left, right.Y, sums[1]);
        sums[2] = XMath.Fma(left, right.Z, sums[2]);
        sums[3] = XMath.Fma(left, right.W, sums[3]);
    }
}
