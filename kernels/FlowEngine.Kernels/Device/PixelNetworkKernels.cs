namespace FlowEngine.Kernels.Device;

/// <summary>
/// The coupling network: products over pixels whose factors are gathered from 3x3 neighborhoods as they are loaded, so
/// that no patch matrix is ever written, with the bias and the rectifier in the product's epilogue.
/// </summary>
internal static partial class PixelNetworkKernels
{
    /// <summary>The rows and the columns of a product that a group computes.</summary>
    public const int Tile = TileProduct.Tile;

    /// <summary>A factor is a plain matrix.</summary>
    public const int Plain = 0;

    /// <summary>A factor is the patches of x₁, (pixel, tap · I + i).</summary>
    public const int Patches = 1;

    /// <summary>
    /// A factor is the gradients of the tap values, (pixel, tap · O + o), gathered from those of the output.
    /// </summary>
    public const int TapGradients = 2;

    /// <summary>The product overwrites.</summary>
    public const int Store = 0;

    /// <summary>The product plus the bias, negative values set to zero.</summary>
    public const int Rectify = 1;

    /// <summary>The product where the destination holds a positive value, zero elsewhere.</summary>
    public const int Mask = 2;

    /// <summary>The product plus the bias.</summary>
    public const int AddBias = 3;

    /// <summary>The product plus the bias is added.</summary>
    public const int Accumulate = 4;

    private const int BlockSize = 256;
    private const int Depth = TileProduct.Depth;
    private const int PerThread = TileProduct.PerThread;

    /// <summary>A product C (M, N) = A (M, K) B (K, N).</summary>
    /// <param name="M">Rows of C.</param>
    /// <param name="N">Columns of C.</param>
    /// <param name="K">The depth of the sum.</param>
    /// <param name="Slice">The depth that a slice of the grid sums; slice z goes to C + z·M·N.</param>
    /// <param name="LeftKind">How A is read.</param>
    /// <param name="LeftRow">The distance of A's rows.</param>
    /// <param name="LeftColumn">The distance of A's columns.</param>
    /// <param name="RightKind">How B is read.</param>
    /// <param name="RightRow">The distance of B's rows.</param>
    /// <param name="RightColumn">The distance of B's columns.</param>
    /// <param name="Epilogue">What becomes of the product.</param>
    /// <param name="Height">H, for gathered factors.</param>
    /// <param name="Width">W.</param>
    /// <param name="Channels">The channels of a pixel of the gathered array.</param>
    /// <param name="Gathered">The channels of it that belong to a tap.</param>
    /// <param name="Precision">The <see cref="NetworkPrecision"/> that the factors are rounded to.</param>
    public readonly record struct Product(
        int M,
        int N,
        int K,
        int Slice,
        int LeftKind,
        int LeftRow,
        int LeftColumn,
        int RightKind,
        int RightRow,
        int RightColumn,
        int Epilogue,
        int Height,
        int Width,
        int Channels,
        int Gathered,
        int Precision);

    /// <summary>The sizes of a network.</summary>
    /// <param name="Inputs">I.</param>
    /// <param name="Hidden">N.</param>
    /// <param name="Outputs">O.</param>
    /// <param name="InnerActNorm">1 if there are inner ActNorms.</param>
    /// <param name="OutsideReadsOne">1 if taps outside the image read 1.</param>
    public readonly record struct Network(
        int Inputs, int Hidden, int Outputs, int InnerActNorm, int OutsideReadsOne);

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
                    value = Element(
                        left, shape.LeftKind, row + r, depth + k, shape.LeftRow, shape.LeftColumn, shape);
                }

                tileA[(k * Tile) + r] = NetworkTile.Rounded(value, shape.Precision);
            }

            for (int i = Group.IdxX; i < Depth * Tile; i += BlockSize)
            {
                int k = shape.RightRow == 1 ? i % Depth : i / Tile;
                int c = shape.RightRow == 1 ? i / Depth : i % Tile;
                float value = 0.0f;
                if (column + c < shape.N && depth + k < end)
                {
                    value = Element(
                        right, shape.RightKind, depth + k, column + c, shape.RightRow, shape.RightColumn, shape);
                }

                tileB[(k * Tile) + c] = NetworkTile.Rounded(value, shape.Precision);
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
                    long place = ((long)r * shape.N) + c;
                    float value = sums[(i * PerThread) + j];
                    if (shape.Epilogue == Rectify)
                    {
                        value = XMath.Max(value + bias[c], 0.0f);
                    }
                    else if (shape.Epilogue == Mask)
                    {
                        value = slice[place] > 0.0f ? value : 0.0f;
                    }
                    else if (shape.Epilogue == AddBias)
                    {
                        value += bias[c];
                    }
                    else if (shape.Epilogue == Accumulate)
                    {
                        value += slice[place] + bias[c];
                    }

                    slice[place] = value;
                }
            }
        }
    }

    // folded = W₁', W₂', W₃', b₁', b₂', b₃' one after the other: an element of a layer times e^(factor · its channel's scale).
    [Kernel(BlockSize)]
    private static void Fold(
        ReadOnlyGlobalView<float> weight1,
        ReadOnlyGlobalView<float> bias1,
        ReadOnlyGlobalView<float> logScale1,
        ReadOnlyGlobalView<float> weight2,
        ReadOnlyGlobalView<float> bias2,
        ReadOnlyGlobalView<float> logScale2,
        ReadOnlyGlobalView<float> weight3,
        ReadOnlyGlobalView<float> bias3,
        ReadOnlyGlobalView<float> logScale3,
        GlobalView<float> folded,
        Network network)
    {
        long place = Grid.GlobalIndexX;
        int hidden = network.Hidden;
        int patch = Neighbors.Taps * network.Inputs;
        long i = FoldArray(weight1, logScale1, folded, place, 0, (long)hidden * patch, patch, hidden, network.InnerActNorm);
        i = FoldArray(weight2, logScale2, folded, place, i, (long)hidden * hidden, hidden, hidden, network.InnerActNorm);
        i = FoldArray(
            weight3, logScale3, folded, place, i, (long)hidden * Neighbors.Taps * network.Outputs, 1, network.Outputs, 3);
        i = FoldArray(bias1, logScale1, folded, place, i, hidden, 1, hidden, network.InnerActNorm);
        i = FoldArray(bias2, logScale2, folded, place, i, hidden, 1, hidden, network.InnerActNorm);
        FoldArray(bias3, logScale3, folded, place, i, network.Outputs, 1, network.Outputs, 3);
    }

    // Folds the element at a place if it lies in this array, from start on; where the next array starts.
    private static long FoldArray(
        ReadOnlyGlobalView<float> array,
        ReadOnlyGlobalView<float> logScale,
        GlobalView<float> folded,
        long place,
        long start,
        long length,
        int inner,
        int channels,
        int factor)
    {
        long i = place - start;
        if (i >= 0 && i < length)
        {
            float scale = factor != 0 ? XMath.Exp((float)factor * logScale[i / inner % channels]) : 1.0f;
            folded[place] = array[i] * scale;
        }

        return start + length;
    }

    // border[tap, o] = Σ over hidden channels of the folded weights, or 0.
    [Kernel(BlockSize)]
    private static void Border(ReadOnlyGlobalView<float> weight3, GlobalView<float> border, Network network)
    {
        int i = (Grid.IdxX * Group.DimX) + Group.IdxX;
        int rowLength = Neighbors.Taps * network.Outputs;
        if (i < rowLength)
        {
            double sum = 0.0;
            for (int n = 0; n < network.Hidden && network.OutsideReadsOne != 0; n++)
            {
                sum += (double)weight3[((long)n * rowLength) + i];
            }

            border[i] = (float)sum;
        }
    }

    // output[p, o] = b' + Σ of the taps.
    [Kernel(BlockSize)]
    private static void TapAdd(
        ReadOnlyGlobalView<float> taps,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> border,
        GlobalView<float> output,
        int pixels,
        int height,
        int width,
        int outputs)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)pixels * outputs)
        {
            output[index] = TapSum(
                taps, bias, border, (int)(index / outputs), (int)(index % outputs), height, width, outputs);
        }
    }

    /// <summary>An element of the network's output, by the taps of the pixels around.</summary>
    public static float TapSum(
        ReadOnlyGlobalView<float> taps,
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> border,
        int pixel,
        int output,
        int height,
        int width,
        int outputs)
    {
        float sum = bias[output];
        for (int tap = 0; tap < Neighbors.Taps; tap++)
        {
            int q = Neighbors.Of(pixel, tap, height, width);
            float value;
            if (q < 0)
            {
                value = border[(tap * outputs) + output];
            }
            else
            {
                value = taps[((((long)q * Neighbors.Taps) + tap) * outputs) + output];
            }

            sum += value;
        }

        return sum;
    }

    // parts[group, c] = Σ of column c, rounded to operands, over the group's rows.
    [Kernel(BlockSize)]
    private static void ColumnsOfParts(
        ReadOnlyGlobalView<float> matrix,
        GlobalView<float> parts,
        int rows,
        int columns,
        int rowsPerPart,
        int precision)
    {
        int start = Grid.IdxX * rowsPerPart;
        int end = XMath.Min(start + rowsPerPart, rows);
        for (int c = Group.IdxX; c < columns; c += BlockSize)
        {
            float sum = 0.0f;
            for (int r = start; r < end; r++)
            {
                sum += NetworkTile.Rounded(matrix[((long)r * columns) + c], precision);
            }

            parts[((long)Grid.IdxX * columns) + c] = sum;
        }
    }

    // parts[group, tap, o] = Σ dOutput[p, o] over the group's pixels whose tap is outside the image.
    [Kernel(BlockSize)]
    private static void BorderOfParts(
        ReadOnlyGlobalView<float> dOutput,
        GlobalView<float> parts,
        int pixels,
        int height,
        int width,
        int outputs,
        int pixelsPerPart)
    {
        int start = Grid.IdxX * pixelsPerPart;
        int end = XMath.Min(start + pixelsPerPart, pixels);
        int length = Neighbors.Taps * outputs;
        for (int i = Group.IdxX; i < length; i += BlockSize)
        {
            float sum = 0.0f;
            for (int p = start; p < end; p++)
            {
                if (Neighbors.Of(p, i / outputs, height, width) < 0)
                {
                    sum += dOutput[((long)p * outputs) + (i % outputs)];
                }
            }

            parts[((long)Grid.IdxX * length) + i] = sum;
        }
    }

    // dx[q, i] += Σ over taps of dPatch[p, tap, i], p the pixel whose tap reads q.
    [Kernel(BlockSize)]
    private static void ScatterPatches(
        ReadOnlyGlobalView<float> dPatches,
        GlobalView<float> dx,
        int pixels,
        int height,
        int width,
        int channels,
        int inputs)
    {
        long index = Grid.GlobalIndexX;
        if (index < (long)pixels * inputs)
        {
            int q = (int)(index / inputs);
            int i = (int)(index % inputs);
            float sum = dx[((long)q * channels) + i];
            for (int tap = 0; tap < Neighbors.Taps; tap++)
            {
                int p = Neighbors.Of(q, Neighbors.Taps - 1 - tap, height, width);
                if (p >= 0)
                {
                    sum += dPatches[((((long)p * Neighbors.Taps) + tap) * inputs) + i];
                }
            }

            dx[((long)q * channels) + i] = sum;
        }
    }

    // From the gradients of folded weights and bias of one layer to its parameters', added to. A group has a channel:
    // its weights are at outer · channels · inner + channel · inner + 0..inner. borders, one for each weight of a row
    // (tap, o), are added to each where there are any.
    [Kernel(BlockSize)]
    private static void Unfold(
        ReadOnlyGlobalView<float> folded,
        ReadOnlyGlobalView<float> dFolded,
        ReadOnlyGlobalView<float> foldedBias,
        ReadOnlyGlobalView<float> dFoldedBias,
        ReadOnlyGlobalView<float> borders,
        ReadOnlyGlobalView<float> logScale,
        GlobalView<float> dWeight,
        GlobalView<float> dBias,
        GlobalView<float> dLogScale,
        int outer,
        int channels,
        int inner,
        int borderLength,
        float factor)
    {
        SharedView<float> scratch = SharedMemory.Allocate<float>(BlockSize);
        int channel = Grid.IdxX;
        float scale = factor != 0.0f ? XMath.Exp(factor * logScale[channel]) : 1.0f;
        float sum = 0.0f;
        for (int e = Group.IdxX; e < outer * inner; e += BlockSize)
        {
            long place = ((((long)(e / inner) * channels) + channel) * inner) + (e % inner);
            float gradient = dFolded[place];
            if (borderLength != 0)
            {
                gradient += borders[place % borderLength];
            }

            sum = XMath.Fma(folded[place], gradient, sum);
            dWeight[place] += scale * gradient;
        }

        sum = GroupReduction.Sum(scratch, sum);
        if (Group.IdxX == 0)
        {
            float ofBias = dFoldedBias[channel];
            dBias[channel] += scale * ofBias;
            if (factor != 0.0f)
            {
                dLogScale[channel] += factor * XMath.Fma(foldedBias[channel], ofBias, sum);
            }
        }
    }

    private static float Element(
        ReadOnlyGlobalView<float> matrix,
        int kind,
        int row,
        int column,
        int rowStride,
        int columnStride,
        Product shape)
    {
        // Of a gathered factor the row is the pixel, whichever way the product reads it.
        float value;
        if (kind == Plain)
        {
            value = matrix[((long)row * rowStride) + ((long)column * columnStride)];
        }
        else
        {
            var gathered = new NeighborhoodRows(
                row + 1, shape.Height, shape.Width, shape.Channels, shape.Gathered, kind == TapGradients ? 1 : 0);
            value = Neighbors.Element(matrix, gathered, row, column);
        }

        return value;
    }
}
