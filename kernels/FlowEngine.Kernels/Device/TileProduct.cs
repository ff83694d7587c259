namespace FlowEngine.Kernels.Device;

/// <summary>
/// A product of two tiles in shared memory in float32, for kernels to call: a group of 256 threads has 64 by 64
/// elements, a thread 4 by 4.
/// </summary>
/// <remarks>Both tiles have the depth outermost, (16, 64), so that a thread reads its rows and columns as one.</remarks>
internal static class TileProduct
{
    /// <summary>The rows and the columns that a group computes.</summary>
    public const int Tile = 64;

    /// <summary>The depth of a tile.</summary>
    public const int Depth = 16;

    /// <summary>The rows and the columns of a thread.</summary>
    public const int PerThread = 4;

    /// <summary>The first row of this thread.</summary>
    public static int Row() => Group.IdxX / (Tile / PerThread) * PerThread;

    /// <summary>The first column of this thread.</summary>
    public static int Column() => Group.IdxX % (Tile / PerThread) * PerThread;

    /// <summary>Sets the sums of a thread to zero.</summary>
    /// <param name="sums">(4, 4).</param>
    public static void Clear(LocalArray<float> sums)
    {
        for (int i = 0; i < PerThread * PerThread; i++)
        {
            Loop.Unroll();
            sums[i] = 0.0f;
        }
    }

    /// <summary>sums += leftᵀ right, for the rows and columns of this thread.</summary>
    /// <param name="sums">(4, 4).</param>
    /// <param name="left">(16, 64), from the thread's first row on.</param>
    /// <param name="right">(16, 64), from the thread's first column on.</param>
    public static void Add(LocalArray<float> sums, SharedView<float> left, SharedView<float> right)
    {
        for (int k = 0; k < Depth; k++)
        {
            Loop.Unroll();
            Float4 a = left.Load4(k * Tile);
            Float4 b = right.Load4(k * Tile);
            AddRow(sums.Slice(0), a.X, b);
            AddRow(sums.Slice(PerThread), a.Y, b);
            AddRow(sums.Slice(2 * PerThread), a.Z, b);
            AddRow(sums.Slice(3 * PerThread), a.W, b);
        }
    }

    /// <summary>sums += left · right, a row of four.</summary>
    /// <param name="sums">(4).</param>
    /// <param name="left">The row's factor.</param>
    /// <param name="right">The columns'.</param>
    public static void AddRow(LocalArray<float> sums, float left, Float4 right)
    {
        sums[0] = XMath.Fma(left, right.X, sums[0]);
        sums[1] = XMath.Fma(left, right.Y, sums[1]);
        sums[2] = XMath.Fma(left, right.Z, sums[2]);
        sums[3] = XMath.Fma(left, right.W, sums[3]);
    }
}
