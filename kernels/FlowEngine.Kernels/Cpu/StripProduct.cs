using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Products over panels of 32 pixels, by strips of up to 12 rows.</summary>
/// <remarks>
/// A panel is [row][32 pixels]; what one product writes is what the next reads. Rows come in multiples of four: strips
/// of 12, then one of 4 or 8. Strips are the outer loop and panels the inner one, so a strip stays in the first-level
/// cache.
/// </remarks>
internal static unsafe class StripProduct
{
    /// <summary>Pixels of a panel.</summary>
    public const int PanelWidth = MicroKernel.Columns;

    /// <summary>Rows of a full strip.</summary>
    public const int StripRows = 12;

    private const int RowUnit = 4;

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
    /// <param name="target">Row 0 of the first panel.</param>
    /// <param name="targetPanelStride">From one target panel to the next.</param>
    /// <param name="targetRowStride">From one target row to the next.</param>
    /// <param name="gate">Laid out as the target; null unless <typeparamref name="TFinish"/> reads it.</param>
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
        int panels = Panels(pixels);
        bool narrow = pixels - ((panels - 1L) * PanelWidth) <= PanelWidth / 2;
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
                    rows,
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

    /// <summary>
    /// target[row, column] = finish(Σ over some pixels of left[row] · right[column]), for one strip of rows.
    /// </summary>
    /// <param name="rows">4, 8 or 12.</param>
    /// <param name="left">The strip's first row in the first panel.</param>
    /// <param name="leftPanelStride">From one left panel to the next.</param>
    /// <param name="pixels">How many pixels; products of what fills up the last of several panels must be 0.</param>
    /// <param name="right">A pixel-major column panel: [pixel][32 columns].</param>
    /// <param name="target">The strip's first row at the first of the 32 columns.</param>
    /// <param name="targetRowStride">From one target row to the next.</param>
    public static void MultiplyOverPixels<TFinish>(
        int rows, float* left, nint leftPanelStride, int pixels, float* right, float* target, nint targetRowStride)
        where TFinish : IFinish =>
        Multiply<PanelRows, TFinish>(
            rows,
            left,
            1,
            leftPanelStride - PanelWidth,
            right,
            Panels(pixels),
            Math.Min(pixels, PanelWidth),
            null,
            target,
            targetRowStride,
            null);

    private static void MultiplyNarrow<TFinish>(
        int rows, float* strip, float* right, int depth, float* start, float* target, nint targetStride, float* gate)
        where TFinish : IFinish
    {
        if (!Vector512.IsHardwareAccelerated)
        {
            Multiply<PackedStrip, TFinish>(
                rows, strip, rows, 0, right, 1, depth, start, target, targetStride, gate);
        }
        else if (rows == StripRows)
        {
            NarrowKernel.Multiply<VectorUnit512, Vector512<float>, Rows12, TFinish>(
                strip, rows, right, depth, start, target, targetStride, gate);
        }
        else if (rows == 2 * RowUnit)
        {
            NarrowKernel.Multiply<VectorUnit512, Vector512<float>, Rows8, TFinish>(
                strip, rows, right, depth, start, target, targetStride, gate);
        }
        else
        {
            NarrowKernel.Multiply<VectorUnit512, Vector512<float>, Rows4, TFinish>(
                strip, rows, right, depth, start, target, targetStride, gate);
        }

        // What the products of weight gradients read there must be finite.
        for (float* row = target + (PanelWidth / 2); rows > 0; rows--, row += targetStride)
        {
            Vector512<float>.Zero.Store(row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TLeft, TFinish>(
        int rows,
        float* left,
        nint leftStep,
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
        if (Vector512.IsHardwareAccelerated)
        {
            switch (rows)
            {
                case StripRows:
                    MicroKernel.Multiply<VectorUnit512, Vector512<float>, Rows12, TLeft, TFinish>(
                        left, leftStep, leftJump, right, segments, depth, start, target, targetStride, gate);
                    break;
                case 2 * RowUnit:
                    MicroKernel.Multiply<VectorUnit512, Vector512<float>, Rows8, TLeft, TFinish>(
                        left, leftStep, leftJump, right, segments, depth, start, target, targetStride, gate);
                    break;
                default:
                    MicroKernel.Multiply<VectorUnit512, Vector512<float>, Rows4, TLeft, TFinish>(
                        left, leftStep, leftJump, right, segments, depth, start, target, targetStride, gate);
                    break;
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            MultiplyInParts<VectorUnit256, Vector256<float>, TLeft, TFinish>(
                rows, left, leftStep, leftJump, right, segments, depth, start, target, targetStride, gate);
        }
        else
        {
            MultiplyInParts<VectorUnit128, Vector128<float>, TLeft, TFinish>(
                rows, left, leftStep, leftJump, right, segments, depth, start, target, targetStride, gate);
        }
    }

    // 12 rows are twice 6, 8 are twice 4: what 16 registers hold.
    private static void MultiplyInParts<TUnit, TVector, TLeft, TFinish>(
        int rows,
        float* left,
        nint leftStep,
        nint leftJump,
        float* right,
        int segments,
        int depth,
        float* start,
        float* target,
        nint targetStride,
        float* gate)
        where TUnit : IVectorUnit<TVector>
        where TVector : struct
        where TLeft : ILeftOperand
        where TFinish : IFinish
    {
        int part = rows == StripRows ? StripRows / 2 : RowUnit;
        for (int row = 0; row < rows; row += part)
        {
            for (int column = 0; column < PanelWidth; column += 2 * TUnit.Lanes)
            {
                float* partLeft = left + (row * TLeft.RowStride);
                float* partStart = start is null ? null : start + row;
                nint offset = (row * targetStride) + column;
                float* partGate = gate is null ? null : gate + offset;
                if (part == RowUnit)
                {
                    MicroKernel.Multiply<TUnit, TVector, Rows4, TLeft, TFinish>(
                        partLeft,
                        leftStep,
                        leftJump,
                        right + column,
                        segments,
                        depth,
                        partStart,
                        target + offset,
                        targetStride,
                        partGate);
                }
                else
                {
                    MicroKernel.Multiply<TUnit, TVector, Rows6, TLeft, TFinish>(
                        partLeft,
                        leftStep,
                        leftJump,
                        right + column,
                        segments,
                        depth,
                        partStart,
                        target + offset,
                        targetStride,
                        partGate);
                }
            }
        }
    }
}
