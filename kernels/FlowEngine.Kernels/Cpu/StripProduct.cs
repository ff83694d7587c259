using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Products over panels of 32 pixels, by strips of up to 12 rows.</summary>
/// <remarks>
/// A panel is [row][32 pixels]; what one product writes is what the next reads. Rows come in multiples of four: strips
/// of 12, then one of 4 or 8. With 512-bit vectors strips are the outer loop and panels the inner one, so a strip stays
/// in the first-level cache; <see cref="BlockedProduct"/> is for narrower ones.
/// </remarks>
internal static unsafe class StripProduct
{
    /// <summary>Pixels of a panel.</summary>
    public const int PanelWidth = MicroKernel.Columns;

    /// <summary>Rows of a full strip.</summary>
    public const int StripRows = 12;

    /// <summary>What rows come in multiples of.</summary>
    public const int RowUnit = 4;

    /// <summary>The rows a product computes for <paramref name="rows"/> wanted ones.</summary>
    public static int PaddedRows(int rows) => (rows + RowUnit - 1) / RowUnit * RowUnit;

    /// <summary>The number of strips of a padded number of rows.</summary>
    public static int Strips(int paddedRows) => (paddedRows + StripRows - 1) / StripRows;

    /// <summary>The number of panels that hold <paramref name="pixels"/>.</summary>
    public static int Panels(long pixels) => (int)((pixels + PanelWidth - 1) / PanelWidth);

    /// <summary>target = finish(bias + weights · source) for the panels of some pixels.</summary>
    /// <param name="weights">Packed strips: [strip][k][rows of the strip].</param>
    /// <param name="paddedRows">The rows, a multiple of four.</param>
    /// <param name="depth">The number of k values.</param>
    /// <param name="bias">One per padded row, or null for 0.</param>
    /// <param name="source">The first panel.</param>
    /// <param name="sourcePanelStride">From one source panel to the next.</param>
    /// <param name="pixels">How many pixels; an empty half of the last panel becomes 0.</param>
    /// <param name="target">Row 0 of the first panel; neither the source nor the gate.</param>
    /// <param name="targetPanelStride">From one target panel to the next.</param>
    /// <param name="targetRowStride">From one target row to the next.</param>
    /// <param name="gate">Laid out as the target; null unless <typeparamref name="TFinish"/> reads it.</param>
    /// <typeparam name="TFinish">What becomes of a sum; not <see cref="Accumulated"/>.</typeparam>
    public static void MultiplyPanels<TFinish>(
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
        where TFinish : IFinish
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            if (Vector256.IsHardwareAccelerated)
            {
                BlockedProduct.MultiplyPanels<VectorUnit256, Vector256<float>, TFinish>(
                    weights,
                    paddedRows,
                    depth,
                    bias,
                    source,
                    sourcePanelStride,
                    pixels,
                    target,
                    targetPanelStride,
                    targetRowStride,
                    gate);
            }
            else
            {
                BlockedProduct.MultiplyPanels<VectorUnit128, Vector128<float>, TFinish>(
                    weights,
                    paddedRows,
                    depth,
                    bias,
                    source,
                    sourcePanelStride,
                    pixels,
                    target,
                    targetPanelStride,
                    targetRowStride,
                    gate);
            }

            return;
        }

        int panels = Panels(pixels);
        bool narrow = IsNarrow(pixels);
        int wide = narrow ? panels - 1 : panels;
        for (int row = 0; row < paddedRows; row += StripRows)
        {
            int rows = Math.Min(StripRows, paddedRows - row);
            float* strip = weights + ((nint)row * depth);
            float* start = bias is null ? null : bias + row;
            nint offset = row * targetRowStride;
            for (int panel = 0; panel < wide; panel++)
            {
                Multiply<PackedStrip, TFinish>(
                    rows,
                    strip,
                    0,
                    source + (panel * sourcePanelStride),
                    1,
                    depth,
                    start,
                    target + offset,
                    targetRowStride,
                    gate is null ? null : gate + offset);
                offset += targetPanelStride;
            }

            if (narrow)
            {
                float* right = source + (wide * sourcePanelStride);
                float* end = gate is null ? null : gate + offset;
                MultiplyNarrow<TFinish>(rows, strip, right, depth, start, target + offset, targetRowStride, end);
            }
        }
    }

    /// <summary>True if the last of the panels of some pixels has none in its second half.</summary>
    public static bool IsNarrow(long pixels) =>
        pixels - ((Panels(pixels) - 1L) * PanelWidth) <= PanelWidth / 2;

    /// <summary>Clears the second half of a panel's rows: what products of weight gradients read there must be finite.</summary>
    public static void ClearSecondHalf(int rows, float* target, nint targetStride)
    {
        for (float* row = target + (PanelWidth / 2); rows > 0; rows--, row += targetStride)
        {
            Vector512<float>.Zero.Store(row);
        }
    }

    /// <summary>target[row, column] = finish(Σ over some pixels of left[row] · right[column]), for 32 columns.</summary>
    /// <param name="rows">A multiple of four.</param>
    /// <param name="left">The first row in the first panel.</param>
    /// <param name="leftPanelStride">From one left panel to the next.</param>
    /// <param name="pixels">How many pixels; products of what fills up the last of several panels must be 0.</param>
    /// <param name="right">A pixel-major column panel: [pixel][32 columns].</param>
    /// <param name="target">The first row at the first of the 32 columns.</param>
    /// <param name="targetRowStride">From one target row to the next.</param>
    public static void MultiplyOverPixels<TFinish>(
        int rows, float* left, nint leftPanelStride, int pixels, float* right, float* target, nint targetRowStride)
        where TFinish : IFinish
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            if (Vector256.IsHardwareAccelerated)
            {
                BlockedProduct.MultiplyOverPixels<VectorUnit256, Vector256<float>, TFinish>(
                    rows, left, leftPanelStride, pixels, right, target, targetRowStride);
            }
            else
            {
                BlockedProduct.MultiplyOverPixels<VectorUnit128, Vector128<float>, TFinish>(
                    rows, left, leftPanelStride, pixels, right, target, targetRowStride);
            }

            return;
        }

        for (int row = 0; row < rows; row += StripRows)
        {
            Multiply<PanelRows, TFinish>(
                Math.Min(StripRows, rows - row),
                left + (row * PanelWidth),
                leftPanelStride - PanelWidth,
                right,
                Panels(pixels),
                Math.Min(pixels, PanelWidth),
                null,
                target + (row * targetRowStride),
                targetRowStride,
                null);
        }
    }

    private static void MultiplyNarrow<TFinish>(
        int rows, float* strip, float* right, int depth, float* start, float* target, nint targetStride, float* gate)
        where TFinish : IFinish
    {
        switch (rows)
        {
            case StripRows:
                NarrowKernel.Multiply<VectorUnit512, Vector512<float>, Rows12, TFinish>(
                    strip, right, depth, start, target, targetStride, gate);
                break;
            case 2 * RowUnit:
                NarrowKernel.Multiply<VectorUnit512, Vector512<float>, Rows8, TFinish>(
                    strip, right, depth, start, target, targetStride, gate);
                break;
            default:
                NarrowKernel.Multiply<VectorUnit512, Vector512<float>, Rows4, TFinish>(
                    strip, right, depth, start, target, targetStride, gate);
                break;
        }

        ClearSecondHalf(rows, target, targetStride);
    }

    private static void Multiply<TLeft, TFinish>(
        int rows,
        float* left,
        nint leftJump,
        float* right,
        int segments,
        int depth,
        float* start,
        float* target,
        nint targetStride,
        float* gate)
        where TLeft : ILeftOperand
        where TFinish : IFinish
    {
        switch (rows)
        {
            case StripRows:
                MicroKernel.Multiply<VectorUnit512, Vector512<float>, Rows12, TLeft, TFinish>(
                    left, leftJump, right, segments, depth, start, false, target, targetStride, gate);
                break;
            case 2 * RowUnit:
                MicroKernel.Multiply<VectorUnit512, Vector512<float>, Rows8, TLeft, TFinish>(
                    left, leftJump, right, segments, depth, start, false, target, targetStride, gate);
                break;
            default:
                MicroKernel.Multiply<VectorUnit512, Vector512<float>, Rows4, TLeft, TFinish>(
                    left, leftJump, right, segments, depth, start, false, target, targetStride, gate);
                break;
        }
    }
}
