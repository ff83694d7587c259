namespace FlowEngine.Kernels.Device;

/// <summary>
/// A tile of pixels in shared memory as the products of a coupling network read it, for kernels to call. An element is of
/// the operand type; memory is in words of 32 bits: a float32, a TF32, or two neighboring bf16.
/// </summary>
/// <remarks>
/// A row has the words of its elements, zeros up to a whole number of steps, and 4 words more: rows are then 4 words
/// modulo 8 apart, and the eight rows of 16 bytes that one phase of a matrix load reads lie in different banks.
/// </remarks>
internal static class NetworkTile
{
    /// <summary>Nothing is rounded.</summary>
    public const int Full = (int)NetworkPrecision.Full;

    /// <summary>Elements are TF32.</summary>
    public const int TensorFloat32 = (int)NetworkPrecision.TensorFloat32;

    /// <summary>Elements are bf16, two in a word.</summary>
    public const int BFloat16 = (int)NetworkPrecision.BFloat16;

    /// <summary>The threads of a group.</summary>
    public const int BlockSize = 256;

    /// <summary>The words of a row that one step of a product reads.</summary>
    public const int StepWords = 8;

    /// <summary>The pixels whose gradients are summed together.</summary>
    public const int PixelsPerPart = 32;

    private const int Padding = 4;

    /// <summary>The elements of a step.</summary>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int StepLength(int precision) => precision == BFloat16 ? 2 * StepWords : StepWords;

    /// <summary>The steps that so many elements take.</summary>
    /// <param name="length">The elements of a row.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int Steps(int length, int precision) =>
        (length + StepLength(precision) - 1) / StepLength(precision);

    /// <summary>The words of a row with its zeros: a multiple of 16 bytes.</summary>
    /// <param name="length">The elements of a row.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int Words(int length, int precision) => Steps(length, precision) * StepWords;

    /// <summary>The distance of rows in shared memory, in words.</summary>
    /// <param name="length">The elements of the longest row.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static int Stride(int length, int precision) => Words(length, precision) + Padding;

    /// <summary>A number as an operand, which as float32 it still is.</summary>
    /// <param name="value">The number.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static float Rounded(float value, int precision)
    {
        float result = value;
        if (precision == TensorFloat32)
        {
            result = XMath.AsSingle(TensorCore.ToTensorFloat32(value));
        }
        else if (precision == BFloat16)
        {
            result = XMath.AsSingle(Device.BFloat16.Pack(0.0f, value));
        }

        return result;
    }

    /// <summary>The word of an element alone, or of two neighbors in bf16.</summary>
    /// <param name="value">The element.</param>
    /// <param name="next">Its right neighbor.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static float Word(float value, float next, int precision) =>
        precision == BFloat16 ? XMath.AsSingle(Device.BFloat16.Pack(value, next)) : Rounded(value, precision);

    /// <summary>Rounds and sets two neighboring elements.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first, even.</param>
    /// <param name="value">The first.</param>
    /// <param name="next">The second.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static void SetPair(SharedView<float> row, int column, float value, float next, int precision)
    {
        if (precision == BFloat16)
        {
            row[column / 2] = Word(value, next, precision);
        }
        else
        {
            row.Store2(column, new Float2(Rounded(value, precision), Rounded(next, precision)));
        }
    }

    /// <summary>An element of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The element.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static float Element(SharedView<float> row, int column, int precision)
    {
        float value;
        if (precision == BFloat16)
        {
            value = HalfOf(row[column / 2], column % 2);
        }
        else
        {
            value = row[column];
        }

        return value;
    }

    /// <summary>Two neighboring elements of a row in device memory.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The first, even.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static Float2 Pair(ReadOnlyGlobalView<float> row, int column, int precision)
    {
        Float2 pair;
        if (precision == BFloat16)
        {
            float word = row[column / 2];
            pair = new Float2(HalfOf(word, 0), HalfOf(word, 1));
        }
        else
        {
            pair = row.Load2(column);
        }

        return pair;
    }

    /// <summary>Fills the tile with the 3x3 neighborhoods of its pixels.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="source">(B, H, W, Channels).</param>
    /// <param name="window">What is gathered.</param>
    /// <param name="rows">The pixels of the tile; zeros where there is none.</param>
    /// <param name="stride">The distance of rows.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static void Gather(
        SharedView<float> tile,
        ReadOnlyGlobalView<float> source,
        NeighborhoodRows window,
        int rows,
        int stride,
        int precision)
    {
        int pairs = Steps(Neighbors.Taps * window.Gathered, precision) * StepLength(precision) / 2;
        for (int i = Group.IdxX; i < rows * pairs; i += BlockSize)
        {
            int row = i / pairs;
            int column = i % pairs * 2;
            int pixel = (Grid.IdxX * rows) + row;
            SetPair(
                tile.Slice(row * stride),
                column,
                Neighbors.Element(source, window, pixel, column),
                Neighbors.Element(source, window, pixel, column + 1),
                precision);
        }
    }

    /// <summary>Copies the rows of the tile's pixels to device memory, (pixel, word).</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="destination">Aligned to 16 bytes.</param>
    /// <param name="pixels">All pixels.</param>
    /// <param name="rows">The pixels of the tile.</param>
    /// <param name="stride">The distance of rows.</param>
    /// <param name="words">The words of a row.</param>
    public static void CopyRows(
        SharedView<float> tile, GlobalView<float> destination, int pixels, int rows, int stride, int words)
    {
        int vectors = words / 4;
        int first = Grid.IdxX * rows;
        for (int i = Group.IdxX; i < XMath.Min(rows, pixels - first) * vectors; i += BlockSize)
        {
            int row = i / vectors;
            int word = i % vectors * 4;
            destination.Store4(((long)(first + row) * words) + word, tile.Load4((row * stride) + word));
        }
    }

    /// <summary>Sums columns over every 32 pixels of the tile: parts[part of the batch, column].</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="column">The first column.</param>
    /// <param name="count">How many.</param>
    /// <param name="parts">Where the first column of the first part goes.</param>
    /// <param name="partLength">The distance of parts.</param>
    /// <param name="pixels">All pixels.</param>
    /// <param name="rows">The pixels of the tile.</param>
    /// <param name="stride">The distance of rows.</param>
    /// <param name="precision">A <see cref="NetworkPrecision"/>.</param>
    public static void SumColumns(
        SharedView<float> tile,
        int column,
        int count,
        GlobalView<float> parts,
        int partLength,
        int pixels,
        int rows,
        int stride,
        int precision)
    {
        for (int c = Group.IdxX; c < count; c += BlockSize)
        {
            for (int start = 0; start < rows; start += PixelsPerPart)
            {
                int first = (Grid.IdxX * rows) + start;
                float sum = 0.0f;
                for (int row = start; row < start + PixelsPerPart; row++)
                {
                    sum += Element(tile.Slice(row * stride), column + c, precision);
                }

                if (first < pixels)
                {
                    parts[((long)(first / PixelsPerPart) * partLength) + c] = sum;
                }
            }
        }
    }

    private static float HalfOf(float word, int half)
    {
        uint bits = XMath.AsUInt32(word);
        return XMath.AsSingle(half == 0 ? bits << 16 : bits & 0xffff0000u);
    }
}
