using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Packs a scaled weight matrix into strips: [strip][k][rows of the strip], rows past the last 0.</summary>
/// <param name="source">The matrix.</param>
/// <param name="rows">Its rows.</param>
/// <param name="paddedRows">The rows of the strips.</param>
/// <param name="depth">Its k values.</param>
/// <param name="rowStride">From one row to the next: 1, or the number of k values.</param>
/// <param name="depthStride">From one k to the next: 1 where the row stride is not.</param>
/// <param name="rowScale">A factor per row, or null for 1.</param>
/// <param name="depthScale">A factor per k, or null for 1.</param>
/// <param name="target">The strips.</param>
/// <param name="run">k values that <paramref name="depthStride"/> holds for and the factors of k are of, one run after the
/// other; 0 where all are one run.</param>
/// <param name="runStride">From one run to the next.</param>
internal readonly unsafe struct StripPacking(
    float* source,
    int rows,
    int paddedRows,
    int depth,
    int rowStride,
    int depthStride,
    float* rowScale,
    float* depthScale,
    float* target,
    int run = 0,
    int runStride = 0) : IJob
{
    public int Parts => StripProduct.Strips(paddedRows);

    public void Invoke(int index, int worker)
    {
        int row = index * StripProduct.StripRows;
        int stripRows = Math.Min(StripProduct.StripRows, paddedRows - row);
        float* strip = target + ((nint)row * depth);

        // Sixteen rows are read at a time, of which twelve are used.
        bool whole = run == 0 && stripRows == StripProduct.StripRows && row + SimdMath.Width <= rows;
        int packed = whole ? PackBlocks(row, strip) : 0;
        for (int r = 0; r < stripRows; r += Vector128<float>.Count)
        {
            PackFourRows(row + r, strip + r, stripRows, packed);
        }
    }

    /// <summary>Packs a full strip by 16 k at a time.</summary>
    /// <returns>The k values packed, a multiple of 16.</returns>
    private int PackBlocks(int row, float* strip)
    {
        float* turned = stackalloc float[SimdMath.Width * SimdMath.Width];
        float* block = stackalloc float[SimdMath.Width * (StripProduct.StripRows + 1)];
        Vector512<float> scale = rowScale is null ? Vector512<float>.One : Vector512.Load(rowScale + row);
        int k = 0;
        for (; k + SimdMath.Width <= depth; k += SimdMath.Width)
        {
            float* from = source + ((nint)row * rowStride) + ((nint)k * depthStride);
            nint step = depthStride;
            if (rowStride != 1)
            {
                PixelMajor.TransposeBlock(from, rowStride, turned, SimdMath.Width);
                from = turned;
                step = SimdMath.Width;
            }

            for (int i = 0; i < SimdMath.Width; i++)
            {
                // The next k overwrites the last four.
                Vector512<float> factor = depthScale is null ? scale : Vector512.Create(depthScale[k + i]);
                (Vector512.Load(from + (i * step)) * factor).Store(block + (i * StripProduct.StripRows));
            }

            float* to = strip + ((nint)k * StripProduct.StripRows);
            for (int i = 0; i < SimdMath.Width * StripProduct.StripRows; i += SimdMath.Width)
            {
                Vector512.Load(block + i).Store(to + i);
            }
        }

        return k;
    }

    private void PackFourRows(int row, float* strip, int stripRows, int firstK)
    {
        int count = Math.Clamp(rows - row, 0, Vector128<float>.Count);
        float* from = source + ((nint)row * rowStride);
        Vector128<float> scale = Vector128<float>.One;
        for (int r = 0; r < count && rowScale is not null; r++)
        {
            scale = scale.WithElement(r, rowScale[row + r]);
        }

        for (int k = firstK; k < depth; k++)
        {
            Vector128<float> values = Vector128<float>.Zero;
            int inRun = run == 0 ? k : k % run;
            float* at = from + ((nint)inRun * depthStride) + (run == 0 ? 0 : (nint)(k / run) * runStride);
            if (count == Vector128<float>.Count)
            {
                values = rowStride == 1
                    ? Vector128.Load(at)
                    : Vector128.Create(at[0], at[rowStride], at[2 * rowStride], at[3 * rowStride]);
            }
            else
            {
                for (int r = 0; r < count; r++)
                {
                    values = values.WithElement(r, at[r * rowStride]);
                }
            }

            if (depthScale is not null)
            {
                scale = Vector128.Create(depthScale[inRun]);
            }

            (values * scale).Store(strip + ((nint)k * stripRows));
        }
    }
}
