namespace FlowEngine.Kernels.Cpu;

/// <summary>The products of <see cref="StripProduct"/> for units of 16 registers: 6 rows by two vectors at a time.</summary>
/// <remarks>
/// Two vectors of columns stay in the first-level cache while strip after strip passes. Panels are taken in blocks of
/// 256 k and ten strips, whose weights stay in the second-level cache. Sums that are not finished wait in the target:
/// each is still one chain over k in increasing order, so that its bits do not depend on the blocks.
/// </remarks>
internal static unsafe class BlockedProduct
{
    // 120 rows of 256 weights take 120 KiB of the second-level cache, 256 rows of two vectors 16 KiB of the first.
    private const int BlockRows = 10 * StripProduct.StripRows;
    private const int BlockDepth = 256;

    /// <summary><see cref="StripProduct.MultiplyPanels"/>.</summary>
    public static void MultiplyPanels<TUnit, TVector, TFinish>(
        float* weights,
        int paddedRows,
        int depth,
        float* bias,
        float* source,
        nint sourcePanelStride,
        long pixels,
        float* target,
        nint targetPanelStride,
        nint targetRowStride,
        float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TFinish : IFinish
    {
        int panels = StripProduct.Panels(pixels);
        int lastColumns = StripProduct.IsNarrow(pixels) ? StripProduct.PanelWidth / 2 : StripProduct.PanelWidth;
        int blocks = Math.Max(1, (depth + BlockDepth - 1) / BlockDepth);
        int blockDepth = (depth + blocks - 1) / blocks;
        for (int firstRow = 0; firstRow < paddedRows; firstRow += BlockRows)
        {
            int rows = Math.Min(BlockRows, paddedRows - firstRow);
            float* blockWeights = weights + ((nint)firstRow * depth);
            float* start = bias is null ? null : bias + firstRow;
            for (int k = 0, block = 0; block < blocks; k += blockDepth, block++)
            {
                float* right = source + ((nint)k * StripProduct.PanelWidth);
                nint offset = firstRow * targetRowStride;
                for (int panel = 0; panel < panels; panel++)
                {
                    int columns = panel == panels - 1 ? lastColumns : StripProduct.PanelWidth;
                    int count = Math.Min(blockDepth, depth - k);
                    if (block < blocks - 1)
                    {
                        MultiplyPanel<TUnit, TVector, Linear>(
                            blockWeights, rows, depth, k, count, start, right, columns, target + offset, targetRowStride, null);
                    }
                    else
                    {
                        float* panelGate = gate is null ? null : gate + offset;
                        MultiplyPanel<TUnit, TVector, TFinish>(
                            blockWeights, rows, depth, k, count, start, right, columns, target + offset, targetRowStride, panelGate);
                    }

                    right += sourcePanelStride;
                    offset += targetPanelStride;
                }
            }
        }
    }

    /// <summary><see cref="StripProduct.MultiplyOverPixels"/>.</summary>
    public static void MultiplyOverPixels<TUnit, TVector, TFinish>(
        int rows, float* left, nint leftPanelStride, int pixels, float* right, float* target, nint targetRowStride)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TFinish : IFinish
    {
        int segments = StripProduct.Panels(pixels);
        int depth = Math.Min(pixels, StripProduct.PanelWidth);
        nint jump = leftPanelStride - StripProduct.PanelWidth;
        for (int column = 0; column < PixelMajor.Columns; column += 2 * TUnit.Lanes)
        {
            for (int row = 0; row < rows; row += StripProduct.StripRows)
            {
                MultiplyStrip<TUnit, TVector, PanelRows, TFinish>(
                    Math.Min(StripProduct.StripRows, rows - row),
                    left + ((nint)row * StripProduct.PanelWidth),
                    jump,
                    right + column,
                    segments,
                    depth,
                    null,
                    false,
                    target + (row * targetRowStride) + column,
                    targetRowStride,
                    null);
            }
        }
    }

    private static void MultiplyPanel<TUnit, TVector, TFinish>(
        float* weights,
        int rows,
        int stripDepth,
        int firstK,
        int depth,
        float* start,
        float* right,
        int columns,
        float* target,
        nint targetStride,
        float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TFinish : IFinish
    {
        for (int column = 0; column < columns; column += 2 * TUnit.Lanes)
        {
            for (int row = 0; row < rows; row += StripProduct.StripRows)
            {
                int stripRows = Math.Min(StripProduct.StripRows, rows - row);
                nint offset = (row * targetStride) + column;
                MultiplyStrip<TUnit, TVector, PackedStrip, TFinish>(
                    stripRows,
                    weights + ((nint)row * stripDepth) + ((nint)firstK * stripRows),
                    0,
                    right + column,
                    1,
                    depth,
                    start is null ? null : start + row,
                    firstK > 0,
                    target + offset,
                    targetStride,
                    gate is null ? null : gate + offset);
            }
        }

        if (columns < StripProduct.PanelWidth)
        {
            StripProduct.ClearSecondHalf(rows, target, targetStride);
        }
    }

    private static void MultiplyStrip<TUnit, TVector, TLeft, TFinish>(
        int rows,
        float* left,
        nint leftJump,
        float* right,
        int segments,
        int depth,
        float* start,
        bool resume,
        float* target,
        nint targetStride,
        float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TLeft : ILeftOperand
        where TFinish : IFinish
    {
        // 12 rows are twice 6, 8 are twice 4.
        switch (rows)
        {
            case StripProduct.StripRows:
                MultiplyParts<TUnit, TVector, Rows6, TLeft, TFinish>(
                    left, leftJump, right, segments, depth, start, resume, target, targetStride, gate);
                break;
            case 2 * StripProduct.RowUnit:
                MultiplyParts<TUnit, TVector, Rows4Of8, TLeft, TFinish>(
                    left, leftJump, right, segments, depth, start, resume, target, targetStride, gate);
                break;
            default:
                MultiplyParts<TUnit, TVector, Rows4, TLeft, TFinish>(
                    left, leftJump, right, segments, depth, start, resume, target, targetStride, gate);
                break;
        }
    }

    private static void MultiplyParts<TUnit, TVector, TRows, TLeft, TFinish>(
        float* left,
        nint leftJump,
        float* right,
        int segments,
        int depth,
        float* start,
        bool resume,
        float* target,
        nint targetStride,
        float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TRows : IRowCount
        where TLeft : ILeftOperand
        where TFinish : IFinish
    {
        for (int row = 0; row < TRows.StripRows; row += TRows.Rows)
        {
            MicroKernel.Multiply<TUnit, TVector, TRows, TLeft, TFinish>(
                left + (row * TLeft.RowStride),
                leftJump,
                right,
                segments,
                depth,
                start is null ? null : start + row,
                resume,
                target + (row * targetStride),
                targetStride,
                gate is null ? null : gate + (row * targetStride));
        }
    }
}
