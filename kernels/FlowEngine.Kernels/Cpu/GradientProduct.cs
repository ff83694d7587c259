namespace FlowEngine.Kernels.Cpu;

/// <summary>A weight's gradient, transposed: left · rightᵀ over the pixels of some panels.</summary>
/// <param name="left">Panels, [panel][row][32 pixels].</param>
/// <param name="leftPanelStride">From one panel to the next.</param>
/// <param name="rows">Rows of the left operand and the target, a multiple of four.</param>
/// <param name="right">Pixel-major column panels, [column panel][pixel][32 columns].</param>
/// <param name="rightPanelStride">From one column panel to the next.</param>
/// <param name="columnPanels">How many column panels.</param>
/// <param name="target">[column panel][row][32 columns].</param>
internal readonly unsafe struct GradientProduct(
    float* left, nint leftPanelStride, int rows, float* right, nint rightPanelStride, int columnPanels, float* target)
{
    // What is summed in registers before it is added up in memory: so many pixels of a column panel, or of half of one with
    // narrower vectors, stay in the first-level cache while the strips pass.
    private const int PixelsPerSum = 256;

    // The strips of a part stay in the second-level cache while its column panels pass.
    private const int StripsPerPart = 4;
    private const int ColumnPanelsPerPart = 4;

    public int Parts => RowParts * ColumnParts;

    private int RowParts => (StripProduct.Strips(rows) + StripsPerPart - 1) / StripsPerPart;

    private int ColumnParts => (columnPanels + ColumnPanelsPerPart - 1) / ColumnPanelsPerPart;

    /// <summary>The last row of a part and its first column.</summary>
    /// <param name="part">Which one.</param>
    public (int LastRow, int FirstColumn) Corner(int part) =>
        (
            Math.Min(rows, ((part % RowParts) + 1) * StripsPerPart * StripProduct.StripRows) - 1,
            part / RowParts * ColumnPanelsPerPart * PixelMajor.Columns);

    /// <summary>Computes one part.</summary>
    /// <param name="part">Which one.</param>
    /// <param name="pixels">The first pixels of the panels: those that are summed over.</param>
    /// <param name="isFirst">True to overwrite the target, false to add to it.</param>
    public void Compute(int part, int pixels, bool isFirst)
    {
        for (int pixel = 0; pixel < pixels; pixel += PixelsPerSum)
        {
            int count = Math.Min(PixelsPerSum, pixels - pixel);
            if (isFirst && pixel == 0)
            {
                Multiply<Linear>(part, pixel, count);
            }
            else
            {
                Multiply<Accumulated>(part, pixel, count);
            }
        }
    }

    private void Multiply<TFinish>(int part, int pixel, int pixels)
        where TFinish : IFinish
    {
        float* source = left + (pixel / StripProduct.PanelWidth * leftPanelStride);
        float* columns = right + ((nint)pixel * PixelMajor.Columns);
        int firstColumn = part / RowParts * ColumnPanelsPerPart;
        int lastColumn = Math.Min(firstColumn + ColumnPanelsPerPart, columnPanels);
        int firstRow = part % RowParts * StripsPerPart * StripProduct.StripRows;
        int lastRow = Math.Min(firstRow + (StripsPerPart * StripProduct.StripRows), rows);
        for (int column = firstColumn; column < lastColumn; column++)
        {
            StripProduct.MultiplyOverPixels<TFinish>(
                lastRow - firstRow,
                source + (firstRow * StripProduct.PanelWidth),
                leftPanelStride,
                pixels,
                columns + (column * rightPanelStride),
                target + ((((nint)column * rows) + firstRow) * PixelMajor.Columns),
                PixelMajor.Columns);
        }
    }
}
