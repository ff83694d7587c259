namespace FlowEngine.Kernels.Device;

/// <summary>
/// The gradients of a tile of pixels through the coupling network, from those of the output to those of the patches: the
/// gathered gradients of the tap values, then those of the hidden layers, stay in shared memory as in
/// <see cref="NetworkForwardKernels"/>. What the weight gradients need is written once, as operands.
/// </summary>
/// <remarks>
/// Read of device memory for a pixel: O of dOutput and I of x with their neighbors, h₂ and h₁; written: rows of 9·O, 9·I
/// and twice N operands, 9·I float32. parts (32 pixels, 2 N + O) are the sums of dc₂, dc₁ and dOutput as operands.
/// </remarks>
internal static partial class NetworkBackwardKernels
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
        ReadOnlyGlobalView<float> dOutput,
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<float> hidden,
        GlobalView<float> dHidden,
        GlobalView<float> patches,
        GlobalView<float> dTaps,
        GlobalView<float> parts,
        GlobalView<float> dPatches,
        NeighborhoodRows ofPatches,
        NeighborhoodRows ofTaps,
        NetworkChain chain,
        int precision,
        int rowBlocks)
    {
        SharedView<float> tile = SharedMemory.GetDynamic<float>();
        int rows = rowBlocks * 16;
        int pixels = ofTaps.Pixels;
        int outputs = ofTaps.Gathered;
        int words = NetworkTile.Words(chain.Hidden, precision);
        int partLength = (2 * chain.Hidden) + outputs;
        SharedView<float> ring = tile.Slice(rows * chain.Stride);
        ReadOnlyGlobalView<float> matrix = weights;
        var sums = new LocalArray<float>(NetworkProduct.MaxRowBlocks * NetworkProduct.SumsPerRowBlock);
        NetworkTile.Gather(tile, x, ofPatches, rows, chain.Stride, precision);
        Group.Barrier();
        NetworkTile.CopyRows(
            tile,
            patches,
            pixels,
            rows,
            chain.Stride,
            NetworkTile.Words(Neighbors.Taps * ofPatches.Gathered, precision));
        Group.Barrier();
        NetworkTile.Gather(tile, dOutput, ofTaps, rows, chain.Stride, precision);
        Group.Barrier();
        NetworkTile.CopyRows(
            tile,
            dTaps,
            pixels,
            rows,
            chain.Stride,
            NetworkTile.Words(Neighbors.Taps * outputs, precision));

        // The middle tap is the pixel itself.
        NetworkTile.SumColumns(
            tile,
            Neighbors.Taps / 2 * outputs,
            outputs,
            parts.Slice(2 * chain.Hidden),
            partLength,
            pixels,
            rows,
            chain.Stride,
            precision);
        for (int product = 0; product < chain.Products; product++)
        {
            int steps = NetworkTile.Steps(product == 0 ? Neighbors.Taps * outputs : chain.Hidden, precision);
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
                // h₂ and dc₂ stand after h₁ and dc₁.
                long layer = (long)(1 - product) * pixels * words;
                Group.Barrier();
                if (product == 2)
                {
                    NetworkProduct.Store(sums, dPatches, column, columns, pixels, precision, rowBlocks);
                }
                else
                {
                    Mask(sums, tile, chain.Stride, hidden.Slice(layer), chain.Hidden, pixels, precision, rowBlocks);
                }

                Group.Barrier();
                if (product < 2)
                {
                    NetworkTile.CopyRows(tile, dHidden.Slice(layer), pixels, rows, chain.Stride, words);
                    NetworkTile.SumColumns(
                        tile,
                        0,
                        chain.Hidden,
                        parts.Slice(product * chain.Hidden),
                        partLength,
                        pixels,
                        rows,
                        chain.Stride,
                        precision);
                }
            }

            matrix = matrix.Slice((long)steps * blocks * NetworkProduct.BlockWords);
        }
    }

    // tile = sums where the hidden activation is positive, zeros elsewhere, after the last column too.
    private static void Mask(
        LocalArray<float> sums,
        SharedView<float> tile,
        int stride,
        ReadOnlyGlobalView<float> hidden,
        int columns,
        int pixels,
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
                    int row = NetworkProduct.RowOf(pair, precision) + origin;
                    int pixel = (Grid.IdxX * rowBlocks * 16) + row;
                    int place = ((band * NetworkProduct.PairsOf(rowBlocks)) + pair) * 2;
                    Float2 kept = new Float2(0.0f, 0.0f);
                    if (pixel < pixels)
                    {
                        kept = NetworkTile.Pair(
                            hidden.Slice((long)pixel * NetworkTile.Words(columns, precision)), column, precision);
                    }

                    NetworkTile.SetPair(
                        tile.Slice(row * stride),
                        column,
                        kept.X > 0.0f ? sums[place] : 0.0f,
                        kept.Y > 0.0f ? sums[place + 1] : 0.0f,
                        precision);
                }
            }
        }
    }
}
