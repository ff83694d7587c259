using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// From the gradients of folded weights to those of the parameters: dW += e dW', db += e db',
/// dls += factor · (⟨W', dW'⟩ + b' db'); 16 rows of W a part.
/// </summary>
internal unsafe struct GradientUnfolding : IJob
{
    // A row's share of a block is 512 bytes: long enough for the processor to fetch ahead.
    private const int BlockDepth = 128;

    /// <summary>dW'ᵀ as <see cref="GradientProduct"/> writes it: [32 rows of W][depth][row].</summary>
    public float* Transposed;

    /// <summary>The depth of <see cref="Transposed"/>, padded.</summary>
    public int TransposedRows;

    /// <summary>Rows of W.</summary>
    public int Rows;

    /// <summary>Columns of W.</summary>
    public int Depth;

    /// <summary>e per row; null for 1.</summary>
    public float* RowScale;

    /// <summary>e per column; null for 1.</summary>
    public float* ColumnScale;

    /// <summary>Added to every row of dW'; null for 0.</summary>
    public float* ColumnTerm;

    /// <summary>W, (Rows, Depth).</summary>
    public float* Weight;

    /// <summary>dW, added to.</summary>
    public float* WeightGradient;

    /// <summary>b' per row; null where bias and scale do not belong to rows.</summary>
    public float* FoldedBias;

    /// <summary>db' per row.</summary>
    public float* FoldedBiasGradient;

    /// <summary>db, added to.</summary>
    public float* BiasGradient;

    /// <summary>dls per row, added to; null if there is none.</summary>
    public float* LogScaleGradient;

    /// <summary>1, or 3 where the scale is e^(3 ls).</summary>
    public float LogScaleFactor;

    /// <summary>
    /// Receives Σ over a part's rows of W' dW' per column, [part][depth padded to 16]; null if not wanted.
    /// </summary>
    public float* ColumnSums;

    public readonly int Parts => (Rows + SimdMath.Width - 1) / SimdMath.Width;

    public readonly void Invoke(int index, int worker)
    {
        float* block = stackalloc float[SimdMath.Width * BlockDepth];
        Vector512<float>* columnSums = stackalloc Vector512<float>[BlockDepth / SimdMath.Width];
        Vector512<float>* products = stackalloc Vector512<float>[SimdMath.Width];
        new Span<Vector512<float>>(products, SimdMath.Width).Clear();
        int first = index * SimdMath.Width;
        int rows = Math.Min(SimdMath.Width, Rows - first);
        float* transposed = Transposed
            + ((nint)(first / PixelMajor.Columns) * TransposedRows * PixelMajor.Columns)
            + (first % PixelMajor.Columns);
        for (int start = 0; start < Depth; start += BlockDepth)
        {
            int depth = Math.Min(BlockDepth, Depth - start);
            for (int k = 0; k < depth; k += SimdMath.Width)
            {
                PixelMajor.TransposeBlock(
                    transposed + ((nint)(start + k) * PixelMajor.Columns), PixelMajor.Columns, block + k, BlockDepth);
            }

            new Span<Vector512<float>>(columnSums, BlockDepth / SimdMath.Width).Clear();
            for (int row = 0; row < rows; row++)
            {
                products[row] = Unfold(
                    first + row, start, depth, block + (row * BlockDepth), columnSums, products[row]);
            }

            if (ColumnSums is not null)
            {
                nint at = ((nint)index * PixelMajor.PaddedChannels(Depth)) + start;
                int length = PixelMajor.PaddedChannels(depth);
                new ReadOnlySpan<float>(columnSums, length).CopyTo(new Span<float>(ColumnSums + at, length));
            }
        }

        for (int row = first; row < first + rows && FoldedBias is not null; row++)
        {
            float scale = RowScale is null ? 1 : RowScale[row];
            BiasGradient[row] += scale * FoldedBiasGradient[row];
            if (LogScaleGradient is not null)
            {
                LaneSum product = default;
                product.Add(products[row - first]);
                double sum = product.Total() + ((double)FoldedBias[row] * FoldedBiasGradient[row]);
                LogScaleGradient[row] += (float)(LogScaleFactor * sum);
            }
        }
    }

    /// <summary>Some columns of one row; returns its products so far.</summary>
    private readonly Vector512<float> Unfold(
        int row, int start, int depth, float* folded, Vector512<float>* columnSums, Vector512<float> product)
    {
        nint at = ((nint)row * Depth) + start;
        float* weights = Weight + at;
        float* gradients = WeightGradient + at;
        Vector512<float> rowScale = Vector512.Create(RowScale is null ? 1 : RowScale[row]);
        for (int k = 0; k < depth; k += SimdMath.Width)
        {
            int count = depth - k;
            Vector512<float> scale =
                ColumnScale is null ? rowScale : Lanes.Load(ColumnScale + start + k, count) * rowScale;
            Vector512<float> term =
                ColumnTerm is null ? Vector512<float>.Zero : Lanes.Load(ColumnTerm + start + k, count);
            Vector512<float> gradient = scale * (Lanes.First(Vector512.Load(folded + k), count) + term);
            Lanes.Store(Lanes.Load(gradients + k, count) + gradient, gradients + k, count);
            Vector512<float> weight = Lanes.Load(weights + k, count);
            product = Vector512.FusedMultiplyAdd(weight, gradient, product);
            Vector512<float>* columnSum = columnSums + (k / SimdMath.Width);
            *columnSum = Vector512.FusedMultiplyAdd(weight, gradient, *columnSum);
        }

        return product;
    }
}
