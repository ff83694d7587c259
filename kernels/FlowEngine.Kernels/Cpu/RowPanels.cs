namespace FlowEngine.Kernels.Cpu;

/// <summary>Moves rows of a batch, (rows, stride), to panels, [column][32 rows], and back.</summary>
internal static unsafe class RowPanels
{
    private const int Lanes = SimdMath.Width;
    private const int Width = StripProduct.PanelWidth;

    /// <summary>panel[c, r] = rows[r, c]; 0 past the last row and the last column.</summary>
    /// <param name="rows">The panel's first row.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="count">Rows, up to 32.</param>
    /// <param name="columns">Columns that are read.</param>
    /// <param name="paddedColumns">Columns of the panel.</param>
    /// <param name="panel">Overwritten.</param>
    public static void Gather(float* rows, nint stride, int count, int columns, int paddedColumns, float* panel)
    {
        for (int row = 0; row < Width; row += Lanes)
        {
            for (int column = 0; column < paddedColumns; column += Lanes)
            {
                float* from = rows + (row * stride) + column;
                float* to = panel + ((nint)column * Width) + row;
                if (row + Lanes <= count && column + Lanes <= columns)
                {
                    PixelMajor.TransposeBlock(from, stride, to, Width);
                    continue;
                }

                for (int c = 0; c < Math.Min(Lanes, paddedColumns - column); c++)
                {
                    for (int r = 0; r < Lanes; r++)
                    {
                        to[(c * Width) + r] = row + r < count && column + c < columns ? from[(r * stride) + c] : 0;
                    }
                }
            }
        }
    }

    /// <summary>rows[r, c] = panel[c, r].</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="rows">Its first row.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="count">Rows, up to 32.</param>
    /// <param name="columns">Columns that are written.</param>
    public static void Scatter(float* panel, float* rows, nint stride, int count, int columns)
    {
        for (int row = 0; row < count; row += Lanes)
        {
            for (int column = 0; column < columns; column += Lanes)
            {
                float* from = panel + ((nint)column * Width) + row;
                float* to = rows + (row * stride) + column;
                if (row + Lanes <= count && column + Lanes <= columns)
                {
                    PixelMajor.TransposeBlock(from, Width, to, stride);
                    continue;
                }

                for (int r = 0; r < Math.Min(Lanes, count - row); r++)
                {
                    for (int c = 0; c < Math.Min(Lanes, columns - column); c++)
                    {
                        to[(r * stride) + c] = from[(c * Width) + r];
                    }
                }
            }
        }
    }

    /// <summary>rows[r, c] += panel[c, r].</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="rows">Its first row.</param>
    /// <param name="stride">From one row to the next.</param>
    /// <param name="count">Rows, up to 32.</param>
    /// <param name="columns">Columns that are added to.</param>
    public static void ScatterAdd(float* panel, float* rows, nint stride, int count, int columns)
    {
        for (int r = 0; r < count; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                rows[(r * stride) + c] += panel[(c * Width) + r];
            }
        }
    }
}
