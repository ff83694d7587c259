using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

// The network by the kernels that hold a tile of pixels in shared memory. Kept h₁ then h₂, a row of operands a pixel.
public sealed partial class GpuBackend
{
    // The chain up to a product, whose result is written in float32; the hidden activations before it if kept is given.
    private void ForwardFused(
        PixelNetworkShape network,
        ImageShape image,
        GpuView<float> weights,
        GpuView<float> x,
        BufferView kept,
        GpuView<float> output,
        int products)
    {
        FusedNetwork fused = Fused(network);
        var layout = new PreparedNetwork(network, fused);
        LaunchGrid grid = fused.Grid(image.Pixels);
        GpuView<float> packed = weights.Slice(layout.Packed, fused.PackedWords(0, 3));
        GpuView<float> biases = weights.Slice(layout.Bias1, 2L * network.Hidden);
        GpuView<float> hidden = kept.IsEmpty
            ? _partials.OfLength(1)
            : AlignedView(kept, 2L * image.Pixels * fused.HiddenWords);
        NeighborhoodRows patches = PatchRows(network, image);
        var chain = new NetworkChain(
            network.Hidden, Neighbors.Taps * network.OutputChannels, products, fused.Stride, kept.IsEmpty ? 0 : 1);
        NetworkForwardKernels.Run(
            _stream, grid, x, packed, biases, hidden, output, patches, chain, (int)NetworkPrecision,
            fused.RowBlocks(image.Pixels));
    }

    private void BackwardFused(
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
        int patch = Neighbors.Taps * inputs;
        int rowLength = Neighbors.Taps * outputs;
        FusedNetwork fused = Fused(network);
        var layout = new PreparedNetwork(network, fused);
        var space = new NetworkWorkspace(network, image.Pixels, NetworkPrecision);
        GpuView<float> weights = AlignedView(prepared, layout.Length);
        GpuView<float> scratch = AlignedView(workspace, space.Length);
        GpuView<float> hiddens = AlignedView(kept, 2L * image.Pixels * fused.HiddenWords);
        GpuView<float> dHiddens = scratch.Slice(0, space.DHiddenLength);
        GpuView<float> patches = scratch.Slice(space.Patches, space.PatchesLength);
        GpuView<float> dTaps = scratch.Slice(space.DTaps, space.DTapsLength);
        GpuView<float> dPatches = scratch.Slice(space.Shared, space.DPatchesLength);
        GpuView<float> biasPartials = scratch.Slice(space.BiasPartials, (long)space.BiasParts * space.BiasesLength);
        GpuView<float> biases = scratch.Slice(space.Biases, space.BiasesLength);
        GpuView<float> sums = scratch.Slice(space.Weights, space.WeightsLength);
        GpuView<float> borders = scratch.Slice(space.Borders, rowLength);
        GpuView<float> output = View(dOutput, (long)image.Pixels * outputs);
        ChainGradients(
            network, image, weights.Slice(layout.Packed + fused.PackedWords(0, 3), fused.PackedWords(3, 3)),
            View(x, image.Length), output, hiddens, dHiddens, patches, dTaps, biasPartials, dPatches);
        PixelNetworkKernels.ScatterPatches(
            _stream,
            Cover((long)image.Pixels * inputs, PixelNetworkKernels.ScatterPatchesKernel),
            dPatches,
            View(dx, image.Length),
            image.Pixels,
            image.Height,
            image.Width,
            image.Channels,
            inputs);
        AddManyParts(biasPartials, biases, space.BiasParts);
        GpuView<float> slices = scratch.Slice(space.Shared, space.Slices * space.WeightsLength);
        WeightGradients(hiddens, dHiddens, patches, dTaps, slices, space);
        AddParts(slices, sums, space.Slices, accumulate: false);
        if (outsideReadsOne)
        {
            GpuView<float> parts = scratch.Slice(space.Shared, (long)space.BorderParts * rowLength);
            PixelNetworkKernels.BorderOfParts(
                _stream, new LaunchGrid(space.BorderParts), output, parts, image.Pixels, image.Height, image.Width,
                outputs, NetworkWorkspace.PixelsPerBorderPart);
            AddManyParts(parts, borders, space.BorderParts);
        }

        float factor = innerActNorm ? 1 : 0;
        Unfold(
            weights.Slice(0, layout.Length1), sums.Slice(0, layout.Length1),
            weights.Slice(layout.Bias1, hidden), biases.Slice(hidden, hidden), _nothing.View,
            parameters.LogScale1, gradients.Weight1, gradients.Bias1, gradients.LogScale1,
            (1, hidden, patch), 0, factor);
        Unfold(
            weights.Slice(layout.Weight2, layout.Length2), sums.Slice(layout.Weight2, layout.Length2),
            weights.Slice(layout.Bias2, hidden), biases.Slice(0, hidden), _nothing.View,
            parameters.LogScale2, gradients.Weight2, gradients.Bias2, gradients.LogScale2,
            (1, hidden, hidden), 0, factor);
        Unfold(
            weights.Slice(layout.Weight3, layout.Length3), sums.Slice(layout.Weight3, layout.Length3),
            weights.Slice(layout.Bias3, outputs), biases.Slice(2L * hidden, outputs), borders,
            parameters.LogScale3, gradients.Weight3, gradients.Bias3, gradients.LogScale3,
            (hidden * Neighbors.Taps, outputs, 1), outsideReadsOne ? rowLength : 0, 3);
    }

    private void ChainGradients(
        PixelNetworkShape network,
        ImageShape image,
        GpuView<float> packed,
        GpuView<float> x,
        GpuView<float> dOutput,
        GpuView<float> hiddens,
        GpuView<float> dHiddens,
        GpuView<float> patches,
        GpuView<float> dTaps,
        GpuView<float> parts,
        GpuView<float> dPatches)
    {
        FusedNetwork fused = Fused(network);
        LaunchGrid grid = fused.Grid(image.Pixels);
        NeighborhoodRows ofPatches = PatchRows(network, image);
        NeighborhoodRows ofTaps = ofPatches with
        {
            Channels = network.OutputChannels,
            Gathered = network.OutputChannels,
            Mirrored = 1,
        };
        var chain = new NetworkChain(network.Hidden, Neighbors.Taps * network.InputChannels, 3, fused.Stride, 1);
        NetworkBackwardKernels.Run(
            _stream, grid, x, dOutput, packed, hiddens, dHiddens, patches, dTaps, parts, dPatches, ofPatches, ofTaps, chain,
            (int)NetworkPrecision, fused.RowBlocks(image.Pixels));
    }

    private void WeightGradients(
        GpuView<float> hiddens,
        GpuView<float> dHiddens,
        GpuView<float> patches,
        GpuView<float> dTaps,
        GpuView<float> slices,
        NetworkWorkspace space)
    {
        WeightGradientKernels.Sizes sizes = space.Sizes;
        var grid = new LaunchGrid(
            WeightGradientKernels.TilesOf(sizes),
            space.Slices,
            DynamicSharedBytes: sizeof(float) * WeightGradientKernels.SharedWords((int)NetworkPrecision));
        WeightGradientKernels.Run(
            _stream, grid, hiddens, dHiddens, patches, dTaps, slices, sizes, (int)NetworkPrecision);
    }

    private static NeighborhoodRows PatchRows(PixelNetworkShape network, ImageShape image) => new(
        image.Pixels, image.Height, image.Width, image.Channels, network.InputChannels, 0);

    // sums = the parts added, for many parts of few sums.
    private void AddManyParts(GpuView<float> partials, GpuView<float> sums, int parts) =>
        SumKernels.AddManyParts(
            _stream,
            LaunchGrid.Cover(sums.Length, SumKernels.ColumnsOfGroup),
            partials,
            sums,
            parts,
            (int)sums.Length);
}
