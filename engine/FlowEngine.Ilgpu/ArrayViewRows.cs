using ILGPU;
using ILGPU.Runtime;

namespace FlowEngine.Ilgpu;

/// <summary>Two-dimensional views as models take them.</summary>
public static class ArrayViewRows
{
    /// <typeparam name="T">The element.</typeparam>
    /// <typeparam name="TStride">The strides.</typeparam>
    /// <param name="view">(B, D): row i, column j is <c>view[i, j]</c>.</param>
    extension<T, TStride>(ArrayView2D<T, TStride> view)
        where T : unmanaged
        where TStride : struct, IStride2D
    {
        /// <summary>The rows one after the other, in place.</summary>
        /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: they do not lie so in memory.</exception>
        public ArrayView<T> Flatten()
        {
            LongIndex2D extent = view.Extent;
            return view.Stride.YStride == 1 && view.Stride.XStride == extent.Y
                ? view.BaseView.SubView(0, extent.Size)
                : throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"the view of {extent.X} x {extent.Y} elements has strides {view.Stride.XStride} and "
                    + $"{view.Stride.YStride}, expected {extent.Y} and 1: rows one after the other");
        }
    }
}
