namespace FlowEngine.Kernels.Device;

/// <summary>Dense networks: products of plain matrices with the bias and the rectifier in their epilogue.</summary>
internal static partial class DenseNetworkKernels
{
    /// <summary>The rows and the columns of a product that a group computes.</summary>
    public const int Tile = TileProduct.Tile;

    /// <summary>The product overwrites.</summary>
    public const int Store = 0;

    /// <summary>The product plus the bias.</summary>
    public const int AddBias = 1;

    /// <summary>The product plus the bias, negative values set to zero.</summary>
    public const int Rectify = 2;

    /// <summary>The product where the destination holds a positive value, zero elsewhere.</summary>
    public const int Gate = 3;

    /// <summary>The product is added.</summary>
    public const int Accumulate = 4;

    private const int BlockSize = 256;
    private const int Depth = TileProduct.Depth;
    private const int PerThread = TileProduct.PerThread;

    /// <summary>A product C (M, N) = A (M, K) B (K, N).</summary>
    /// <param name="M">Rows of C.</param>
    /// <param name="N">Columns of C.</param>
    /// <param name="K">The depth of the sum.</param>
    /// <param name="Slice">The depth that a slice of the grid sums; slice z goes to C + z·M·N.</param>
    /// <param name="LeftRow">The distance of A's rows.</param>
    /// <param name="LeftColumn">The distance of A's columns.</param>
    /// <param name="RightRow">The distance of B's rows.</param>
    /// <param name="RightColumn">The distance of B's columns.</param>
    /// <param name="ProductRow">The distance of C's rows.</param>
    /// <param name="Epilogue">What becomes of the product.</param>
    public readonly record struct Product(
        int M,
        int N,
        int K,
        int Slice,
        int LeftRow,
        int LeftColumn,
        int RightRow,
        int RightColumn,
        int ProductRow,
        int Epilogue);

    // A group has 64 by 64 elements of C, a thread 4 by 4; both tiles in shared memory with the depth outermost.
    [Kernel(BlockSize)]
    private static void Multiply(
        ReadOnlyGlobalView<float> left,
        ReadOnlyGlobalView<float> right,
        ReadOnlyGlobalView<float> bias,
        GlobalView<float> product,
        Product shape)
    {
        SharedView<float> tileA = SharedMemory.Allocate<float>(Depth * Tile);
        SharedView<float> tileB = SharedMemory.Allocate<float>(Depth * Tile);
        var sums = new LocalArray<float>(PerThread * PerThread);
        TileProduct.Clear(sums);

        int row = Grid.IdxX * Tile;
        int column = Grid.IdxY * Tile;
        int start = Grid.IdxZ * shape.Slice;
        int end = XMath.Min(start + shape.Slice, shape.K);
        int threadRow = TileProduct.Row();
        int threadColumn = TileProduct.Column();
        for (int depth = start; depth < end; depth += Depth)
        {
            for (int i = Group.IdxX; i < Depth * Tile; i += BlockSize)
            {
                // Neighboring threads read neighboring elements whichever way the matrix lies.
                int r = shape.LeftColumn == 1 ? i / Depth : i % Tile;
                int k = shape.LeftColumn == 1 ? i % Depth : i / Tile;
                float value = 0.0f;
                if (row + r < shape.M && depth + k < end)
                {
                    value = left[((long)(row + r) * shape.LeftRow) + ((long)(depth + k) * shape.LeftColumn)];
                }

                tileA[(k * Tile) + r] = value;
            }

            for (int i = Group.IdxX; i < Depth * Tile; i += BlockSize)
            {
                int k = shape.RightRow == 1 ? i % Depth : i / Tile;
                int c = shape.RightRow == 1 ? i / Depth : i % Tile;
                float value = 0.0f;
                if (column + c < shape.N && depth + k < end)
                {
                    value = right[((long)(depth + k) * shape.RightRow) + ((long)(column + c) * shape.RightColumn)];
                }

                tileB[(k * Tile) + c] = value;
            }

            Group.Barrier();
            TileProduct.Add(sums, tileA.Slice(threadRow), tileB.Slice(threadColumn));
            Group.Barrier();
        }

        GlobalView<float> slice = product.Slice((long)Grid.IdxZ * shape.M * shape.N);
        for (int i = 0; i < PerThread; i++)
        {
            Loop.Unroll();
            for (int j = 0; j < PerThread; j++)
            {
                Loop.Unroll();
                int r = row + threadRow + i;
                int c = column + threadColumn + j;
                if (r < shape.M && c < shape.N)
                {
                    long place = ((long)r * shape.ProductRow) + c;
                    float value = sums[(i * PerThread) + j];
                    if (shape.Epilogue == AddBias)
                    {
                        value += bias[c];
                    }
                    else if (shape.Epilogue == Rectify)
                    {
                        value += bias[c];
                        value = value < 0.0f ? 0.0f : value;
                    }
                    else if (shape.Epilogue == Gate)
                    {
                        value = slice[place] > 0.0f ? value : 0.0f;
                    }
                    else if (shape.Epilogue == Accumulate)
                    {
                        value += slice[place];
                    }

                    slice[place] = value;
                }
            }
        }
    }

    // masked[unit, input] = weight[unit, input] where the unit reads it, else 0.
    [Kernel(BlockSize)]
    private static void MaskWeight(
        ReadOnlyGlobalView<float> weight, GlobalView<float> masked, DenseMask mask, int layer, int inputs, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            masked[i] = i % inputs < DenseMasks.ReadsOf(mask, layer, (int)(i / inputs)) ? weight[i] : 0.0f;
        }
    }

    // gradient[unit, input] += Σ of the slices where the unit reads the input.
    [Kernel(BlockSize)]
    private static void AddWeightSlices(
        ReadOnlyGlobalView<float> slices,
        GlobalView<float> gradient,
        DenseMask mask,
        int layer,
        int inputs,
        int count,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length && i % inputs < DenseMasks.ReadsOf(mask, layer, (int)(i / inputs)))
        {
            double sum = (double)gradient[i];
            for (int slice = 0; slice < count; slice++)
            {
                sum += (double)slices[(slice * length) + i];
            }

            gradient[i] = (float)sum;
        }
    }
}
