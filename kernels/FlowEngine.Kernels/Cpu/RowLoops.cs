using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// The loops of elementwise operations: an image is one row of elements, lane = element mod 16, divided as
/// <see cref="ImageChunks.OfElements"/> says. A sum adds up 16 float64 lanes for each chunk, and the chunks in order.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    private void MapRows<TOperation>(ImageShape shape, TOperation operation)
        where TOperation : struct, IRowOperation =>
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), new RowJob<TOperation>(operation, shape.Dims));

    /// <summary>sums[b] += constant + factor · Σ of what the operation returns for image b.</summary>
    private void SumRows<TOperation>(
        ImageShape shape, TOperation operation, double factor, double constant, BufferView sums)
        where TOperation : struct, IRowOperation =>
        SumImages(
            shape.Batch,
            ImageChunks.OfElements(shape.Dims),
            new RowJob<TOperation>(operation, shape.Dims),
            factor,
            constant,
            Pointer(sums, shape.Batch));

    private readonly struct RowJob<TOperation>(TOperation operation, int dims) : IImageJob
        where TOperation : struct, IRowOperation
    {
        public double Invoke(int image, int start, int count, int worker)
        {
            // A copy on the stack: what it holds stays in registers.
            TOperation own = operation;
            long at = ((long)image * dims) + start;
            LaneSum sum = default;
            int i = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                // Whole vectors by themselves, without a check of the row's end. Where a vector is in halves the code of
                // an operation is long, and a second copy of it is more than the compiler is ready to inline.
                for (; i <= count - SimdMath.Width; i += SimdMath.Width)
                {
                    Vector512<float> value = own.Invoke(new RowLanes(image, at + i, SimdMath.Width));
                    if (TOperation.HasSum)
                    {
                        sum.Add(value);
                    }
                }
            }

            for (; i < count; i += SimdMath.Width)
            {
                Vector512<float> value = own.Invoke(new RowLanes(image, at + i, count - i));
                if (TOperation.HasSum)
                {
                    sum.Add(Lanes.First(value, count - i));
                }
            }

            return sum.Total();
        }
    }
}
