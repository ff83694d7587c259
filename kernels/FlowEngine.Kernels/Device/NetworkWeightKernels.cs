namespace FlowEngine.Kernels.Device;

/// <summary>Packs folded weights as <see cref="NetworkProduct"/> reads them.</summary>
/// <remarks>
/// Six matrices (K, N), each (step, block of 16 columns, 128 words), rounded, zeros outside: those of the forward chain,
/// W₁', W₂', W₃', then those of the backward chain, W₃', W₂', W₁' the other way. With g = lane / 4 and q = lane mod 4 the
/// words 4 · lane + w of a block are what the tensor cores take of column g + 8 (w / 2), the step's row q + 4 (w mod 2), or
/// in bf16 the rows 2 q + 8 (w mod 2) and the next. In float32 word 16 k + n is row k, column n.
/// </remarks>
internal static partial class NetworkWeightKernels
{
    /// <summary>The matrices.</summary>
    public const int Matrices = 6;

    /// <summary>The sizes of a network.</summary>
    /// <param name="Inputs">I.</param>
    /// <param name="Hidden">N.</param>
    /// <param name="Outputs">O.</param>
    public readonly record struct Sizes(int Inputs, int Hidden, int Outputs);

    /// <summary>The words of one packed matrix.</summary>
    /// <param name="depth">K.</param>
    /// <param name="columns">N.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int PackedWords(int depth, int columns, int precision) =>
        NetworkTile.Steps(depth, precision) * NetworkProduct.BlocksOf(columns) * NetworkProduct.BlockWords;

    /// <summary>K of a matrix.</summary>
    /// <param name="matrix">Its number.</param>
    /// <param name="sizes">The network.</param>
    public static int DepthOf(int matrix, Sizes sizes)
    {
        int depth = sizes.Hidden;
        if (matrix == 0)
        {
            depth = Neighbors.Taps * sizes.Inputs;
        }
        else if (matrix == 3)
        {
            depth = Neighbors.Taps * sizes.Outputs;
        }

        return depth;
    }

    /// <summary>N of a matrix.</summary>
    /// <param name="matrix">Its number.</param>
    /// <param name="sizes">The network.</param>
    public static int ColumnsOf(int matrix, Sizes sizes)
    {
        int columns = sizes.Hidden;
        if (matrix == 2)
        {
            columns = Neighbors.Taps * sizes.Outputs;
        }
        else if (matrix == 5)
        {
            columns = Neighbors.Taps * sizes.Inputs;
        }

        return columns;
    }

    // A layer of the grid has a matrix.
    [Kernel(NetworkTile.BlockSize)]
    private static void Pack(
        ReadOnlyGlobalView<float> weight1,
        ReadOnlyGlobalView<float> weight2,
        ReadOnlyGlobalView<float> weight3,
        GlobalView<float> packed,
        Sizes sizes,
        int precision)
    {
        int matrix = Grid.IdxY;
        int depth = DepthOf(matrix, sizes);
        int columns = ColumnsOf(matrix, sizes);
        int blocks = NetworkProduct.BlocksOf(columns);
        int i = (Grid.IdxX * NetworkTile.BlockSize) + Group.IdxX;
        if (i < PackedWords(depth, columns, precision))
        {
            long start = 0;
            for (int m = 0; m < matrix; m++)
            {
                start += PackedWords(DepthOf(m, sizes), ColumnsOf(m, sizes), precision);
            }

            // Where an element (k, n) of the matrix lies in its folded weights.
            ReadOnlyGlobalView<float> weight = weight2;
            int rowDistance = 1;
            int columnDistance = sizes.Hidden;
            if (matrix == 0 || matrix == 5)
            {
                weight = weight1;
                columnDistance = Neighbors.Taps * sizes.Inputs;
            }
            else if (matrix == 2 || matrix == 3)
            {
                weight = weight3;
                columnDistance = Neighbors.Taps * sizes.Outputs;
            }

            if (matrix == 2 || matrix == 4 || matrix == 5)
            {
                rowDistance = columnDistance;
                columnDistance = 1;
            }

            int word = i % NetworkProduct.BlockWords;
            int block = i / NetworkProduct.BlockWords % blocks;
            int step = i / NetworkProduct.BlockWords / blocks;
            int lane = word / 4;
            int k = (lane % 4) + (word % 2 * 4);
            int n = (lane / 4) + (word / 2 % 2 * 8);
            if (precision == NetworkTile.Full)
            {
                k = word / NetworkProduct.BlockColumns;
                n = word % NetworkProduct.BlockColumns;
            }
            else if (precision == NetworkTile.BFloat16)
            {
                k = (lane % 4 * 2) + (word % 2 * 8);
            }

            k += step * NetworkTile.StepLength(precision);
            n += block * NetworkProduct.BlockColumns;
            float value = 0.0f;
            float next = 0.0f;
            if (n < columns)
            {
                long place = ((long)k * rowDistance) + ((long)n * columnDistance);
                if (k < depth)
                {
                    value = weight[place];
                }

                if (k + 1 < depth)
                {
                    next = weight[place + rowDistance];
                }
            }

            packed[start + i] = NetworkTile.Word(value, next, precision);
        }
    }
}
