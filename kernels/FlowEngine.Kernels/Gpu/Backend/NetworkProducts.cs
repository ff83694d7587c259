using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    // Weight gradients sum over pixels in slices of this many, each a layer of the grid.
    private const int PixelsPerSlice = 4_096;

    // What passes between operations starts at a multiple of 16 bytes inside its view, so such views are longer by Slack.
    private const int VectorLength = 4;
    private const int Slack = VectorLength - 1;

    /// <summary>The elements of a view from its first multiple of 16 bytes on.</summary>
    private GpuView<float> AlignedView(BufferView view, long length)
    {
        long skipped = (VectorLength - (view.Offset % VectorLength)) % VectorLength;
        return View(view, skipped + length).Slice(skipped, length);
    }

    // A product of plain matrices in one slice; the caller adds the strides that are not 1.
    private PixelNetworkKernels.Product Plain(int m, int n, int k) => new(
        m, n, k, k, PixelNetworkKernels.Plain, 0, 1, PixelNetworkKernels.Plain, 0, 1, PixelNetworkKernels.Store, 1, 1, 1, 1,
        (int)NetworkPrecision);

    private void Multiply(
        GpuView<float> left,
        GpuView<float> right,
        GpuView<float> bias,
        GpuView<float> product,
        PixelNetworkKernels.Product shape)
    {
        LaunchGrid grid = new(
            Parts(shape.M, PixelNetworkKernels.Tile),
            Parts(shape.N, PixelNetworkKernels.Tile),
            Parts(shape.K, shape.Slice));
        PixelNetworkKernels.Multiply(_stream, grid, left, right, bias, product, shape);
    }

    // sums = the product over all pixels, in slices that are added in order.
    private void WeightGradient(
        GpuView<float> left,
        GpuView<float> right,
        GpuView<float> sums,
        GpuView<float> parts,
        PixelNetworkKernels.Product shape)
    {
        int slices = Parts(shape.K, PixelsPerSlice);
        Multiply(
            left, right, _nothing.View, parts.Slice(0, slices * sums.Length), shape with { Slice = PixelsPerSlice });
        AddParts(parts, sums, slices, accumulate: false);
    }

    // Adds the gradients of patches to the pixels they were gathered from, of the first channels that were read.
    private void ScatterPatches(ImageShape image, int channels, GpuView<float> dPatches, GpuView<float> dx) =>
        PixelNetworkKernels.ScatterPatches(
            _stream,
            Cover((long)image.Pixels * channels, PixelNetworkKernels.ScatterPatchesKernel),
            dPatches,
            dx,
            image.Pixels,
            image.Height,
            image.Width,
            image.Channels,
            channels);
}
