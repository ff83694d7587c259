using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// From the gradients of folded weights to those of the parameters: dW += e dW', db += e db',
/// dls += factor · (⟨W', dW'⟩ + b' db'); 16 rows of W a part.
/// </summary>
internal unsafe struct GradientUnfolding : IJob
{
    /// <summary>dW'ᵀ, [depth][Stride].</summary>
    public float* Transposed;

    /// <summary>From one k to the next.</summary>
    public nint Stride;

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
        float* block = stackalloc float[SimdMath.Width * SimdMath.Width];
        Vector512<float>* products = stackalloc Vector512<float>[SimdMath.Width];
        new Span<Vector512<float>>(products, SimdMath.Width).Clear();
        int first = index * SimdMath.Width;
        int rows = Math.Min(SimdMath.Width, Rows - first);
        for (int k = 0; k < Depth; k += SimdMath.Width)
        {
            int count = Math.Min(SimdMath.Width, Depth - k);
            PixelMajor.TransposeBlock(Transposed + (k * Stride) + first, Stride, block, SimdMath.Width);
            Vector512<float> columnScale =
                ColumnScale is null ? Vector512<float>.One : Lanes.Load(ColumnScale + k, count);
            Vector512<float> term = ColumnTerm is null ? Vector512<float>.Zero : Lanes.Load(ColumnTerm + k, count);
            Vector512<float> columnSum = Vector512<float>.Zero;
            for (int row = 0; row < rows; row++)
            {
                nint at = ((nint)(first + row) * Depth) + k;
                Vector512<float> scale =
                    RowScale is null ? columnScale : columnScale * Vector512.Create(RowScale[first + row]);
                Vector512<float> folded = Lanes.First(Vector512.Load(block + (row * SimdMath.Width)), count);
                Vector512<float> gradient = scale * (folded + term);
                Lanes.Store(Lanes.Load(WeightGradient + at, count) + gradient, WeightGradient + at, count);
                Vector512<float> weight = Lanes.Load(Weight + at, count);
                products[row] = Vector512.FusedMultiplyAdd(weight, gradient, products[row]);
                columnSum = Vector512.FusedMultiplyAdd(weight, gradient, columnSum);
            }

            if (ColumnSums is not null)
            {
                columnSum.Store(ColumnSums + ((nint)index * PixelMajor.PaddedChannels(Depth)) + k);
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
}
