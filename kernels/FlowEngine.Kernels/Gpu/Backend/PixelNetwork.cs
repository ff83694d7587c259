using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

// Taps (B, P, 9, O); kept h₁ then h₂, (B, P, N) each; prepared weights as PreparedNetwork says.
public sealed partial class GpuBackend
{
    // Weight gradients sum over pixels in slices of this many, each a layer of the grid.
    private const int PixelsPerSlice = 4_096;
    private const int PixelsPerBiasPart = 256;

    /// <inheritdoc/>
    public long PixelNetworkPreparedLength(PixelNetworkShape network) => new PreparedNetwork(network).Length;

    /// <inheritdoc/>
    public void PixelNetworkPrepare(
        PixelNetworkShape network, in PixelNetworkParameters parameters, BufferView prepared)
    {
        using Lock.Scope queue = _queue.EnterScope();
        (int inputs, int hidden, int outputs, bool innerActNorm, bool _) = network;
        var layout = new PreparedNetwork(network);
        GpuView<float> to = View(prepared, layout.Length);
        float factor = innerActNorm ? 1 : 0;
        BufferView scale1 = innerActNorm ? parameters.LogScale1 : default;
        BufferView scale2 = innerActNorm ? parameters.LogScale2 : default;
        Fold(parameters.Weight1, scale1, to.Slice(0, layout.Length1), Neighbors.Taps * inputs, hidden, factor);
        Fold(parameters.Bias1, scale1, to.Slice(layout.Bias1, hidden), 1, hidden, factor);
        Fold(parameters.Weight2, scale2, to.Slice(layout.Weight2, layout.Length2), hidden, hidden, factor);
        Fold(parameters.Bias2, scale2, to.Slice(layout.Bias2, hidden), 1, hidden, factor);
        Fold(parameters.Weight3, parameters.LogScale3, to.Slice(layout.Weight3, layout.Length3), 1, outputs, 3);
        Fold(parameters.Bias3, parameters.LogScale3, to.Slice(layout.Bias3, outputs), 1, outputs, 3);
        PixelNetworkKernels.Border(
            _stream,
            Cover(layout.BorderLength, PixelNetworkKernels.BorderKernel),
            to.Slice(layout.Weight3, layout.Length3),
            to.Slice(layout.Border, layout.BorderLength),
            KernelNetwork(network));
    }

    /// <inheritdoc/>
    public long PixelNetworkKeptLength(PixelNetworkShape network, ImageShape image) =>
        2L * image.Pixels * network.Hidden;

    /// <inheritdoc/>
    public long PixelNetworkTapsLength(PixelNetworkShape network, ImageShape image) =>
        (long)image.Pixels * Neighbors.Taps * network.OutputChannels;

    /// <inheritdoc/>
    public long PixelNetworkWorkspaceLength(PixelNetworkShape network, ImageShape image, bool backward)
    {
        // Forward: the hidden activations that are not kept. Backward: the gradients of the patches, and those of
        // folded weights and biases as sums and as slices or parts of them.
        long forward = PixelNetworkKeptLength(network, image);
        return backward ? Math.Max(forward, new BackwardSpace(network, image).Length) : forward;
    }

    /// <inheritdoc/>
    public void PixelNetworkForward(
        PixelNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView taps,
        BufferView kept,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int hidden = network.Hidden;
        int rowLength = Neighbors.Taps * network.OutputChannels;
        var layout = new PreparedNetwork(network);
        GpuView<float> weights = View(prepared, layout.Length);
        long activations = (long)image.Pixels * hidden;
        GpuView<float> hiddens = View(kept.IsEmpty ? workspace : kept, 2 * activations);
        GpuView<float> h1 = hiddens.Slice(0, activations);
        GpuView<float> h2 = hiddens.Slice(activations, activations);
        Hidden1(network, image, weights, View(x, image.Length), h1, PixelNetworkKernels.Rectify);
        Hidden2(network, image, weights, h1, h2, PixelNetworkKernels.Rectify);
        Multiply(
            h2,
            weights.Slice(layout.Weight3, layout.Length3),
            _nothing.View,
            View(taps, PixelNetworkTapsLength(network, image)),
            Plain(image.Pixels, rowLength, hidden) with { LeftRow = hidden, RightRow = rowLength });
    }

    /// <inheritdoc/>
    public void PixelNetworkTapAdd(
        PixelNetworkShape network, ImageShape image, BufferView prepared, BufferView taps, BufferView output)
    {
        using Lock.Scope queue = _queue.EnterScope();
        var layout = new PreparedNetwork(network);
        GpuView<float> weights = View(prepared, layout.Length);
        long length = (long)image.Pixels * network.OutputChannels;
        PixelNetworkKernels.TapAdd(
            _stream,
            Cover(length, PixelNetworkKernels.TapAddKernel),
            View(taps, PixelNetworkTapsLength(network, image)),
            weights.Slice(layout.Bias3, network.OutputChannels),
            weights.Slice(layout.Border, layout.BorderLength),
            View(output, length),
            image.Pixels,
            image.Height,
            image.Width,
            network.OutputChannels);
    }

    /// <inheritdoc/>
    public void PixelNetworkBackward(
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
        using Lock.Scope queue = _queue.EnterScope();
        (int inputs, int hidden, int outputs, bool innerActNorm, bool outsideReadsOne) = network;
        int pixels = image.Pixels;
        int patch = Neighbors.Taps * inputs;
        int rowLength = Neighbors.Taps * outputs;
        var layout = new PreparedNetwork(network);
        var space = new BackwardSpace(network, image);
        GpuView<float> weights = View(prepared, layout.Length);
        GpuView<float> weight1 = weights.Slice(0, layout.Length1);
        GpuView<float> weight2 = weights.Slice(layout.Weight2, layout.Length2);
        GpuView<float> weight3 = weights.Slice(layout.Weight3, layout.Length3);
        GpuView<float> scratch = View(workspace, space.Length);
        GpuView<float> dPatches = scratch.Slice(0, space.Patches);
        GpuView<float> sums = scratch.Slice(space.Patches, space.Sums);
        GpuView<float> parts = scratch.Slice(space.Patches + space.Sums, space.Parts);
        long activations = (long)pixels * hidden;
        GpuView<float> hiddens = View(kept, 2 * activations);
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

    /// <inheritdoc/>
    public void PixelNetworkStatistics(
        PixelNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        int layer,
        BufferView mean,
        BufferView deviation,
        BufferView kept,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        ArgumentOutOfRangeException.ThrowIfLessThan(layer, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layer, 2);
        long activations = (long)image.Pixels * network.Hidden;
        GpuView<float> weights = View(prepared, PixelNetworkPreparedLength(network));
        GpuView<float> hiddens = View(kept, 2 * activations);
        GpuView<float> values = hiddens.Slice(0, activations);
        Hidden1(
            network, image, weights, View(x, image.Length), values,
            layer == 1 ? PixelNetworkKernels.Store : PixelNetworkKernels.Rectify);
        if (layer == 2)
        {
            GpuView<float> second = hiddens.Slice(activations, activations);
            Hidden2(network, image, weights, values, second, PixelNetworkKernels.Store);
            values = second;
        }

        Statistics(values, image.Pixels, network.Hidden, mean, deviation);
    }

    private static PixelNetworkKernels.Network KernelNetwork(PixelNetworkShape network) => new(
        network.InputChannels,
        network.Hidden,
        network.OutputChannels,
        network.InnerActNorm ? 1 : 0,
        network.OutsideReadsOne ? 1 : 0);

    // A product of plain matrices in one slice; the caller adds the strides that are not 1.
    private static PixelNetworkKernels.Product Plain(int m, int n, int k) => new(
        m, n, k, k, PixelNetworkKernels.Plain, 0, 1, PixelNetworkKernels.Plain, 0, 1, PixelNetworkKernels.Store, 1, 1, 1, 1);

    private void Hidden1(
        PixelNetworkShape network,
        ImageShape image,
        GpuView<float> weights,
        GpuView<float> x,
        GpuView<float> h1,
        int epilogue)
    {
        var layout = new PreparedNetwork(network);
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
        var layout = new PreparedNetwork(network);
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
            _stream, new LaunchGrid(count), matrix, parts, rows, columns, PixelsPerBiasPart);
        AddParts(parts, sums, count, accumulate: false);
    }

    private void Fold(
        BufferView weight, BufferView logScale, GpuView<float> folded, int inner, int channels, float factor) =>
        PixelNetworkKernels.Fold(
            _stream,
            Cover(folded.Length, PixelNetworkKernels.FoldKernel),
            View(weight, folded.Length),
            ViewOrNothing(logScale, channels),
            folded,
            folded.Length,
            inner,
            channels,
            factor);

    // From folded gradients to the parameters'; layout is (outer, channels, inner).
    private void Unfold(
        GpuView<float> folded,
        GpuView<float> dFolded,
        GpuView<float> foldedBias,
        GpuView<float> dFoldedBias,
        GpuView<float> borders,
        BufferView logScale,
        BufferView dWeight,
        BufferView dBias,
        BufferView dLogScale,
        (int Outer, int Channels, int Inner) layout,
        int borderLength,
        float factor) =>
        PixelNetworkKernels.Unfold(
            _stream,
            new LaunchGrid(layout.Channels),
            folded,
            dFolded,
            foldedBias,
            dFoldedBias,
            borders,
            ViewOrNothing(factor == 0 ? default : logScale, layout.Channels),
            View(dWeight, dFolded.Length),
            View(dBias, layout.Channels),
            factor == 0 ? _partials.OfLength(1) : View(dLogScale, layout.Channels),
            layout.Outer,
            layout.Channels,
            layout.Inner,
            borderLength,
            factor);

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
                var layout = new PreparedNetwork(network);
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
                var layout = new PreparedNetwork(network);
                return Math.Max(layout.Length1, Math.Max(layout.Length2, layout.Length3));
            }
        }
    }
}
