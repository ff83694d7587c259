using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

// The network one product after the other: for hidden layers wider than the fused kernels hold, and for devices of little
// shared memory. Kept h₁ then h₂, (B, P, N) each, in float32; factors are rounded as they are read.
public sealed partial class GpuBackend
{
    // Weight gradients sum over pixels in slices of this many, each a layer of the grid.
    private const int PixelsPerSlice = 4_096;
    private const int PixelsPerBiasPart = 256;

    private void ForwardUnfused(
        PixelNetworkShape network,
        ImageShape image,
        GpuView<float> weights,
        GpuView<float> x,
        BufferView kept,
        GpuView<float> taps)
    {
        int hidden = network.Hidden;
        int rowLength = Neighbors.Taps * network.OutputChannels;
        var layout = new PreparedNetwork(network, Fused(network));
        long activations = (long)image.Pixels * hidden;
        GpuView<float> hiddens = AlignedView(kept, 2 * activations);
        GpuView<float> h1 = hiddens.Slice(0, activations);
        GpuView<float> h2 = hiddens.Slice(activations, activations);
        Hidden1(network, image, weights, x, h1, PixelNetworkKernels.Rectify);
        Hidden2(network, image, weights, h1, h2, PixelNetworkKernels.Rectify);
        Multiply(
            h2,
            weights.Slice(layout.Weight3, layout.Length3),
            _nothing.View,
            taps,
            Plain(image.Pixels, rowLength, hidden) with { LeftRow = hidden, RightRow = rowLength });
    }

    private GpuView<float> StatisticsUnfused(
        PixelNetworkShape network,
        ImageShape image,
        GpuView<float> weights,
        GpuView<float> x,
        int layer,
        GpuView<float> hiddens)
    {
        long activations = hiddens.Length / 2;
        GpuView<float> values = hiddens.Slice(0, activations);
        Hidden1(
            network, image, weights, x, values,
            layer == 1 ? PixelNetworkKernels.Store : PixelNetworkKernels.Rectify);
        if (layer == 2)
        {
            GpuView<float> second = hiddens.Slice(activations, activations);
            Hidden2(network, image, weights, values, second, PixelNetworkKernels.Store);
            values = second;
        }

        return values;
    }

    private void BackwardUnfused(
        PixelNetworkShape network,
        ImageShape image,
        in PixelNetworkParameters parameters,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        in PixelNetworkParameters gradients,
        BufferView workspace)
    {
        (int inputs, int hidden, int outputs, bool innerActNorm, bool outsideReadsOne) = network;
        int pixels = image.Pixels;
        int patch = Neighbors.Taps * inputs;
        int rowLength = Neighbors.Taps * outputs;
        var layout = new PreparedNetwork(network, Fused(network));
        var space = new BackwardSpace(network, image);
        GpuView<float> weights = AlignedView(prepared, layout.Length);
        GpuView<float> weight1 = weights.Slice(0, layout.Length1);
        GpuView<float> weight2 = weights.Slice(layout.Weight2, layout.Length2);
        GpuView<float> weight3 = weights.Slice(layout.Weight3, layout.Length3);
        GpuView<float> scratch = AlignedView(workspace, space.Length);
        GpuView<float> dPatches = scratch.Slice(0, space.Patches);
        GpuView<float> sums = scratch.Slice(space.Patches, space.Sums);
        GpuView<float> parts = scratch.Slice(space.Patches + space.Sums, space.Parts);
        long activations = (long)pixels * hidden;
        GpuView<float> hiddens = AlignedView(kept, 2 * activations);
        GpuView<float> h1 = hiddens.Slice(0, activations);
        GpuView<float> h2 = hiddens.Slice(activations, activations);
        GpuView<float> input = View(x, image.Length);
        GpuView<float> dTaps = View(dOutput, (long)pixels * outputs);
        PixelNetworkKernels.Product patches = Plain(0, 0, 0) with
        {
            Height = image.Height,
            Width = image.Width,
            Channels = image.Channels,
            Gathered = inputs,
        };
        PixelNetworkKernels.Product taps = patches with { Channels = outputs, Gathered = outputs };
        float factor = innerActNorm ? 1 : 0;

        // Layer 3, whose hidden activations are then overwritten by their gradients.
        WeightGradient(
            h2, dTaps, sums.Slice(0, layout.Length3), parts,
            taps with
            {
                M = hidden,
                N = rowLength,
                K = pixels,
                LeftRow = 1,
                LeftColumn = hidden,
                RightKind = PixelNetworkKernels.TapGradients,
            });
        GpuView<float> dBias3 = sums.Slice(layout.Length3, outputs);
        ColumnSums(dTaps, pixels, outputs, dBias3, parts);
        GpuView<float> borders = sums.Slice(layout.Length3 + outputs, rowLength);
        if (outsideReadsOne)
        {
            int count = Parts(pixels, PixelsPerBiasPart);
            PixelNetworkKernels.BorderOfParts(
                _stream, new LaunchGrid(count), dTaps, parts, pixels, image.Height, image.Width, outputs, PixelsPerBiasPart);
            AddParts(parts, borders, count, accumulate: false);
        }

        Unfold(
            weight3, sums.Slice(0, layout.Length3), weights.Slice(layout.Bias3, outputs), dBias3, borders,
            parameters.LogScale3, gradients.Weight3, gradients.Bias3, gradients.LogScale3,
            (hidden * Neighbors.Taps, outputs, 1), outsideReadsOne ? rowLength : 0, 3);
        Multiply(
            dTaps, weight3, _nothing.View, h2,
            taps with
            {
                M = pixels,
                N = hidden,
                K = rowLength,
                Slice = rowLength,
                LeftKind = PixelNetworkKernels.TapGradients,
                RightRow = 1,
                RightColumn = rowLength,
                Epilogue = PixelNetworkKernels.Mask,
            });

        // Layer 2: h2 holds dc₂.
        WeightGradient(
            h2, h1, sums.Slice(0, layout.Length2), parts,
            Plain(hidden, hidden, pixels) with { LeftRow = 1, LeftColumn = hidden, RightRow = hidden });
        GpuView<float> dBias2 = sums.Slice(layout.Length2, hidden);
        ColumnSums(h2, pixels, hidden, dBias2, parts);
        Unfold(
            weight2, sums.Slice(0, layout.Length2), weights.Slice(layout.Bias2, hidden), dBias2, _nothing.View,
            parameters.LogScale2, gradients.Weight2, gradients.Bias2, gradients.LogScale2,
            (1, hidden, hidden), 0, factor);
        Multiply(
            h2, weight2, _nothing.View, h1,
            Plain(pixels, hidden, hidden) with
            {
                LeftRow = hidden,
                RightRow = hidden,
                Epilogue = PixelNetworkKernels.Mask,
            });

        // Layer 1: h1 holds dc₁.
        WeightGradient(
            h1, input, sums.Slice(0, layout.Length1), parts,
            patches with
            {
                M = hidden,
                N = patch,
                K = pixels,
                LeftRow = 1,
                LeftColumn = hidden,
                RightKind = PixelNetworkKernels.Patches,
            });
        GpuView<float> dBias1 = sums.Slice(layout.Length1, hidden);
        ColumnSums(h1, pixels, hidden, dBias1, parts);
        Unfold(
            weight1, sums.Slice(0, layout.Length1), weights.Slice(layout.Bias1, hidden), dBias1, _nothing.View,
            parameters.LogScale1, gradients.Weight1, gradients.Bias1, gradients.LogScale1,
            (1, hidden, patch), 0, factor);
        Multiply(
            h1, weight1, _nothing.View, dPatches,
            Plain(pixels, patch, hidden) with { LeftRow = hidden, RightRow = patch });
        PixelNetworkKernels.ScatterPatches(
            _stream,
            Cover((long)pixels * inputs, PixelNetworkKernels.ScatterPatchesKernel),
            dPatches,
            View(dx, image.Length),
            pixels,
            image.Height,
            image.Width,
            image.Channels,
            inputs);
    }

    // A product of plain matrices in one slice; the caller adds the strides that are not 1.
    private PixelNetworkKernels.Product Plain(int m, int n, int k) => new(
        m, n, k, k, PixelNetworkKernels.Plain, 0, 1, PixelNetworkKernels.Plain, 0, 1, PixelNetworkKernels.Store, 1, 1, 1, 1,
        (int)NetworkPrecision);

    private void Hidden1(
        PixelNetworkShape network,
        ImageShape image,
        GpuView<float> weights,
        GpuView<float> x,
        GpuView<float> h1,
        int epilogue)
    {
        var layout = new PreparedNetwork(network, Fused(network));
        int patch = Neighbors.Taps * network.InputChannels;
        Multiply(
            x,
            weights.Slice(0, layout.Length1),
            weights.Slice(layout.Bias1, network.Hidden),
            h1,
            Plain(image.Pixels, network.Hidden, patch) with
            {
                LeftKind = PixelNetworkKernels.Patches,
                RightRow = 1,
                RightColumn = patch,
                Epilogue = epilogue,
                Height = image.Height,
                Width = image.Width,
                Channels = image.Channels,
                Gathered = network.InputChannels,
            });
    }

    private void Hidden2(
        PixelNetworkShape network,
        ImageShape image,
        GpuView<float> weights,
        GpuView<float> h1,
        GpuView<float> h2,
        int epilogue)
    {
        var layout = new PreparedNetwork(network, Fused(network));
        int hidden = network.Hidden;
        Multiply(
            h1,
            weights.Slice(layout.Weight2, layout.Length2),
            weights.Slice(layout.Bias2, hidden),
            h2,
            Plain(image.Pixels, hidden, hidden) with
            {
                LeftRow = hidden,
                RightRow = 1,
                RightColumn = hidden,
                Epilogue = epilogue,
            });
    }

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

    private void ColumnSums(GpuView<float> matrix, int rows, int columns, GpuView<float> sums, GpuView<float> parts)
    {
        int count = Parts(rows, PixelsPerBiasPart);
        PixelNetworkKernels.ColumnsOfParts(
            _stream, new LaunchGrid(count), matrix, parts, rows, columns, PixelsPerBiasPart, (int)NetworkPrecision);
        AddParts(parts, sums, count, accumulate: false);
    }

    /// <summary>How the workspace of the backward pass is divided.</summary>
    private readonly struct BackwardSpace(PixelNetworkShape network, ImageShape image)
    {
        /// <summary>The gradients of the patches, (B, P, 9, I).</summary>
        public long Patches => (long)image.Pixels * Neighbors.Taps * network.InputChannels;

        /// <summary>The gradients of the largest layer, with those of its bias and the border.</summary>
        public long Sums
        {
            get
            {
                var layout = new PreparedNetwork(network, default);
                return Largest + Math.Max(network.Hidden, network.OutputChannels + layout.BorderLength);
            }
        }

        /// <summary>The slices of the largest layer's gradients, or the parts of the largest bias or border.</summary>
        public long Parts => Math.Max(
            Largest * GpuBackend.Parts(image.Pixels, PixelsPerSlice),
            (long)GpuBackend.Parts(image.Pixels, PixelsPerBiasPart)
                * Math.Max(network.Hidden, Neighbors.Taps * network.OutputChannels));

        public long Length => Patches + Sums + Parts;

        private long Largest
        {
            get
            {
                var layout = new PreparedNetwork(network, default);
                return Math.Max(layout.Length1, Math.Max(layout.Length2, layout.Length3));
            }
        }
    }
}
