using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    // The network by the kernels that hold a tile of pixels in shared memory. Kept h₁ then h₂, a row of operands a pixel.
    private sealed class FusedPixelNetwork(GpuBackend backend, PixelNetworkShape shape, FusedNetwork fused)
        : PixelNetwork(backend, shape, fused)
    {
        private NetworkPrecision Precision => Backend.NetworkPrecision;

        public override void Prepare(in NetworkWeights weights)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            base.Prepare(weights);
            GpuView<float> to = Prepared(weights);
            long largest = 0;
            for (int matrix = 0; matrix < NetworkWeightKernels.Matrices; matrix++)
            {
                largest = Math.Max(largest, Fused.PackedWords(matrix, 1));
            }

            NetworkWeightKernels.Pack(
                Backend._stream,
                Cover(largest, NetworkWeightKernels.PackKernel) with { Y = NetworkWeightKernels.Matrices },
                to.Slice(0, Layout.Length1),
                to.Slice(Layout.Weight2, Layout.Length2),
                to.Slice(Layout.Weight3, Layout.Length3),
                to.Slice(Layout.Packed, Layout.Length - Layout.Packed),
                Fused.Sizes,
                (int)Precision);
        }

        public override long KeptLength(ImageShape image) => (2L * image.Pixels * Fused.HiddenWords) + Slack;

        public override void Statistics(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            int layer,
            BufferView mean,
            BufferView deviation,
            BufferView kept,
            BufferView workspace)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            ArgumentOutOfRangeException.ThrowIfLessThan(layer, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(layer, 2);
            GpuView<float> values = Backend.AlignedView(kept, (long)image.Pixels * Shape.Hidden);
            RunChain(image, weights, x, default, values, layer);
            Statistics(values, image, mean, deviation);
        }

        public override void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            (int hidden, int outputs) = (Shape.Hidden, Shape.OutputChannels);
            int rowLength = Neighbors.Taps * outputs;
            var space = new NetworkWorkspace(Shape, image.Pixels, Precision);
            GpuView<float> prepared = Prepared(weights);
            GpuView<float> scratch = Backend.AlignedView(workspace, space.Length);
            GpuView<float> hiddens = Backend.AlignedView(kept, 2L * image.Pixels * Fused.HiddenWords);
            GpuView<float> dHiddens = scratch.Slice(0, space.DHiddenLength);
            GpuView<float> patches = scratch.Slice(space.Patches, space.PatchesLength);
            GpuView<float> dTaps = scratch.Slice(space.DTaps, space.DTapsLength);
            GpuView<float> dPatches = scratch.Slice(space.Shared, space.DPatchesLength);
            GpuView<float> biasPartials = scratch.Slice(space.BiasPartials, (long)space.BiasParts * space.BiasesLength);
            GpuView<float> biases = scratch.Slice(space.Biases, space.BiasesLength);
            GpuView<float> sums = scratch.Slice(space.Weights, space.WeightsLength);
            GpuView<float> borders = scratch.Slice(space.Borders, rowLength);
            GpuView<float> output = Backend.View(dOutput, (long)image.Pixels * outputs);
            ChainGradients(
                image, prepared.Slice(Layout.Packed + Fused.PackedWords(0, 3), Fused.PackedWords(3, 3)),
                Backend.View(x, image.Length), output, hiddens, dHiddens, patches, dTaps, biasPartials, dPatches);
            ScatterPatches(image, dPatches, dx);
            AddManyParts(biasPartials, biases, space.BiasParts);
            GpuView<float> slices = scratch.Slice(space.Shared, space.Slices * space.WeightsLength);
            WeightGradients(hiddens, dHiddens, patches, dTaps, slices, space);
            Backend.AddParts(slices, sums, space.Slices, accumulate: false);
            if (Shape.OutsideReadsOne)
            {
                GpuView<float> parts = scratch.Slice(space.Shared, (long)space.BorderParts * rowLength);
                PixelNetworkKernels.BorderOfParts(
                    Backend._stream, new LaunchGrid(space.BorderParts), output, parts, image.Pixels, image.Height,
                    image.Width, outputs, NetworkWorkspace.PixelsPerBorderPart);
                AddManyParts(parts, borders, space.BorderParts);
            }

            GpuView<float> nothing = Backend._nothing.View;
            Unfold(1, weights, sums.Slice(0, Layout.Length1), biases.Slice(hidden, hidden), nothing);
            Unfold(2, weights, sums.Slice(Layout.Weight2, Layout.Length2), biases.Slice(0, hidden), nothing);
            Unfold(3, weights, sums.Slice(Layout.Weight3, Layout.Length3), biases.Slice(2L * hidden, outputs), borders);
        }

        // The hidden activations are nowhere but in shared memory.
        protected override long ScratchLength(ImageShape image, bool backward) =>
            (backward ? new NetworkWorkspace(Shape, image.Pixels, Precision).Length : 0) + Slack;

        protected override void RunToTaps(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView taps,
            BufferView kept,
            BufferView scratch)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            RunChain(image, weights, x, kept, Taps(image, taps), products: 3);
        }

        // The chain up to a product, whose result is written in float32; the hidden activations before it if kept is given.
        private void RunChain(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            GpuView<float> output,
            int products)
        {
            LaunchGrid grid = Fused.Grid(image.Pixels);
            GpuView<float> prepared = Prepared(weights);
            GpuView<float> packed = prepared.Slice(Layout.Packed, Fused.PackedWords(0, 3));
            GpuView<float> biases = prepared.Slice(Layout.Bias1, 2L * Shape.Hidden);
            GpuView<float> input = Backend.View(x, image.Length);
            GpuView<float> hidden = kept.IsEmpty
                ? Backend._partials.OfLength(1)
                : Backend.AlignedView(kept, 2L * image.Pixels * Fused.HiddenWords);
            NeighborhoodRows patches = PatchRows(image);
            var chain = new NetworkChain(
                Shape.Hidden, Neighbors.Taps * Shape.OutputChannels, products, Fused.Stride, kept.IsEmpty ? 0 : 1);
            NetworkForwardKernels.Run(
                Backend._stream, grid, input, packed, biases, hidden, output, patches, chain, (int)Precision,
                Fused.RowBlocks(image.Pixels));
        }

        private void ChainGradients(
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
            LaunchGrid grid = Fused.Grid(image.Pixels);
            NeighborhoodRows ofPatches = PatchRows(image);
            NeighborhoodRows ofTaps = ofPatches with
            {
                Channels = Shape.OutputChannels,
                Gathered = Shape.OutputChannels,
                Mirrored = 1,
            };
            var chain = new NetworkChain(Shape.Hidden, Neighbors.Taps * Shape.InputChannels, 3, Fused.Stride, 1);
            NetworkBackwardKernels.Run(
                Backend._stream, grid, x, dOutput, packed, hiddens, dHiddens, patches, dTaps, parts, dPatches, ofPatches,
                ofTaps, chain, (int)Precision, Fused.RowBlocks(image.Pixels));
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
                DynamicSharedBytes: sizeof(float) * WeightGradientKernels.SharedWords((int)Precision));
            WeightGradientKernels.Run(
                Backend._stream, grid, hiddens, dHiddens, patches, dTaps, slices, sizes, (int)Precision);
        }

        private NeighborhoodRows PatchRows(ImageShape image) => new(
            image.Pixels, image.Height, image.Width, image.Channels, Shape.InputChannels, 0);

        // sums = the parts added, for many parts of few sums.
        private void AddManyParts(GpuView<float> partials, GpuView<float> sums, int parts) =>
            SumKernels.AddManyParts(
                Backend._stream,
                LaunchGrid.Cover(sums.Length, SumKernels.ColumnsOfGroup),
                partials,
                sums,
                parts,
                (int)sums.Length);
    }
}
