namespace FlowEngine.Kernels.Device;

/// <summary>
/// The coupling network of a tile of pixels from x to its tap values: the gathered patches, then the hidden activations,
/// stay in shared memory, where each product overwrites what it was made of.
/// </summary>
/// <remarks>
/// A group has 32 pixels, or 64: then a weight from the level 2 cache serves twice as many products. Read of device memory
/// for a pixel: I of x with its neighbors; written: 9·O float32, and if kept two rows of N elements. Every group reads all
/// weights. The sums of a pixel are the same bits in every kernel of a precision, at any place in the batch.
/// </remarks>
internal static partial class NetworkForwardKernels
{
    private const int Narrow = 2;
    private const int Wide = 4;

    [Kernel(NetworkTile.BlockSize)]
    [KernelVariant("Full", NetworkTile.Full, Narrow)]
    [KernelVariant("TensorFloat32", NetworkTile.TensorFloat32, Narrow)]
    [KernelVariant("TensorFloat32Wide", NetworkTile.TensorFloat32, Wide)]
    [KernelVariant("BFloat16", NetworkTile.BFloat16, Narrow)]
    [KernelVariant("BFloat16Wide", NetworkTile.BFloat16, Wide)]
    private static void Run(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<float> biases,
        GlobalView<float> kept,
        GlobalView<float> output,
        NeighborhoodRows patches,
        NetworkChain chain,
        int precision,
        int rowBlocks)
    {
        SharedView<float> tile = SharedMemory.GetDynamic<float>();
        int rows = rowBlocks * 16;
        int words = NetworkTile.Words(chain.Hidden, precision);
        SharedView<float> ring = tile.Slice(rows * chain.Stride);
        ReadOnlyGlobalView<float> matrix = weights;
        var sums = new LocalArray<float>(NetworkProduct.MaxRowBlocks * NetworkProduct.SumsPerRowBlock);
        NetworkTile.Gather(tile, x, patches, rows, chain.Stride, precision);
        Group.Barrier();
        for (int product = 0; product < chain.Products; product++)
        {
            int steps = NetworkTile.Steps(
                product == 0 ? Neighbors.Taps * patches.Gathered : chain.Hidden, precision);
            int columns = product == 2 ? chain.Columns : chain.Hidden;
            int blocks = NetworkProduct.BlocksOf(columns);
            for (int column = 0; column < columns; column += NetworkProduct.PassColumns)
            {
                NetworkProduct.Multiply(
                    sums,
                    tile,
                    chain.Stride,
                    ring,
                    matrix.Slice(column / NetworkProduct.BlockColumns * NetworkProduct.BlockWords),
                    steps,
                    blocks,
                    NetworkProduct.BandsOf(columns - column),
                    precision,
                    rowBlocks);
                Group.Barrier();
                bool last = product == chain.Products - 1;
                if (last)
                {
                    NetworkProduct.Store(sums, output, column, columns, patches.Pixels, precision, rowBlocks);
                }
                else
                {
                    Rectify(
                        sums, tile, chain.Stride, biases.Slice(product * chain.Hidden), chain.Hidden, precision, rowBlocks);
                }

                Group.Barrier();
                if (!last && chain.Keep != 0)
                {
                    NetworkTile.CopyRows(
                        tile,
                        kept.Slice((long)product * patches.Pixels * words),
                        patches.Pixels,
                        rows,
                        chain.Stride,
                        words);
                }
            }

            matrix = matrix.Slice((long)steps * blocks * NetworkProduct.BlockWords);
        }
    }

    // tile = max(sums + bias, 0), zeros after the last column.
    private static void Rectify(
        LocalArray<float> sums,
        SharedView<float> tile,
        int stride,
        ReadOnlyGlobalView<float> bias,
        int columns,
        int precision,
        int rowBlocks)
    {
        int end = NetworkTile.Steps(columns, precision) * NetworkTile.StepLength(precision);
        int origin = Loop.Opaque(0);
        for (int band = 0; band < NetworkProduct.Bands; band++)
        {
            Loop.Unroll();
            for (int pair = 0; pair < NetworkProduct.MaxPairs; pair++)
            {
                Loop.Unroll();
                int column = (band * NetworkProduct.BandColumns) + NetworkProduct.ColumnOf(pair, precision) + origin;
                if (pair < NetworkProduct.PairsOf(rowBlocks) && column < end)
                {
                    int place = ((band * NetworkProduct.PairsOf(rowBlocks)) + pair) * 2;
                    float first = column < columns ? bias[column] : 0.0f;
                    float second = column + 1 < columns ? bias[column + 1] : 0.0f;
                    NetworkTile.SetPair(
                        tile.Slice((NetworkProduct.RowOf(pair, precision) + origin) * stride),
                        column,
                        XMath.Max(sums[place] + first, 0.0f),
                        XMath.Max(sums[place + 1] + second, 0.0f),
                        precision);
                }
            }
        }
    }
}
