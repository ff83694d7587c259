using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    // The network one product after the other: for hidden layers wider than the fused kernels hold, and for devices of
    // little shared memory. Kept h₁ then h₂, (B, P, N) each, in float32; factors are rounded as they are read.
    private sealed class UnfusedPixelNetwork(GpuBackend backend, PixelNetworkShape shape, FusedNetwork fused)
        : PixelNetwork(backend, shape, fused)
    {
        private const int PixelsPerBiasPart = 256;

        public override long KeptLength(ImageShape image) => (2L * image.Pixels * Shape.Hidden) + Slack;

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
            GpuView<float> prepared = Prepared(weights);
            long activations = (long)image.Pixels * Shape.Hidden;
            GpuView<float> hiddens = Backend.AlignedView(kept, 2 * activations);
            GpuView<float> values = hiddens.Slice(0, activations);
            Hidden1(
                image, prepared, x, values,
                layer == 1 ? PixelNetworkKernels.Store : PixelNetworkKernels.Rectify);
            if (layer == 2)
            {
                GpuView<float> second = hiddens.Slice(activations, activations);
                Hidden2(image, prepared, values, second, PixelNetworkKernels.Store);
                values = second;
            }

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
            (int inputs, int hidden, int outputs) = (Shape.InputChannels, Shape.Hidden, Shape.OutputChannels);
            int pixels = image.Pixels;
            int patch = Neighbors.Taps * inputs;
            int rowLength = Neighbors.Taps * outputs;
            var space = new BackwardSpace(Shape, image);
            GpuView<float> prepared = Prepared(weights);
            GpuView<float> weight1 = prepared.Slice(0, Layout.Length1);
            GpuView<float> weight2 = prepared.Slice(Layout.Weight2, Layout.Length2);
            GpuView<float> weight3 = prepared.Slice(Layout.Weight3, Layout.Length3);
            GpuView<float> scratch = Backend.AlignedView(workspace, space.Length);
            GpuView<float> dPatches = scratch.Slice(0, space.Patches);
            GpuView<float> sums = scratch.Slice(space.Patches, space.Sums);
            GpuView<float> parts = scratch.Slice(space.Patches + space.Sums, space.Parts);
            long activations = (long)pixels * hidden;
            GpuView<float> hiddens = Backend.AlignedView(kept, 2 * activations);
            GpuView<float> h1 = hiddens.Slice(0, activations);
            GpuView<float> h2 = hiddens.Slice(activations, activations);
            GpuView<float> input = Backend.View(x, image.Length);
            GpuView<float> dTaps = Backend.View(dOutput, (long)pixels * outputs);
            PixelNetworkKernels.Product patches = Backend.Plain(0, 0, 0) with
            {
                Height = image.Height,
                Width = image.Width,
                Channels = image.Channels,
                Gathered = inputs,
            };
            PixelNetworkKernels.Product taps = patches with { Channels = outputs, Gathered = outputs };

            // Layer 3, whose hidden activations are then overwritten by their gradients.
            Backend.WeightGradient(
                h2, dTaps, sums.Slice(0, Layout.Length3), parts,
                taps with
                {
                    M = hidden,
                    N = rowLength,
                    K = pixels,
                    LeftRow = 1,
                    LeftColumn = hidden,
                    RightKind = PixelNetworkKernels.TapGradients,
                });
            GpuView<float> dBias3 = sums.Slice(Layout.Length3, outputs);
            ColumnSums(dTaps, pixels, outputs, dBias3, parts);
            GpuView<float> borders = sums.Slice(Layout.Length3 + outputs, rowLength);
            if (Shape.OutsideReadsOne)
            {
                int count = Parts(pixels, PixelsPerBiasPart);
                PixelNetworkKernels.BorderOfParts(
                    Backend._stream, new LaunchGrid(count), dTaps, parts, pixels, image.Height, image.Width, outputs,
                    PixelsPerBiasPart);
                Backend.AddParts(parts, borders, count, accumulate: false);
            }

            Unfold(3, weights, sums.Slice(0, Layout.Length3), dBias3, borders);
            Backend.Multiply(
                dTaps, weight3, Backend._nothing.View, h2,
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
            Backend.WeightGradient(
                h2, h1, sums.Slice(0, Layout.Length2), parts,
                Backend.Plain(hidden, hidden, pixels) with { LeftRow = 1, LeftColumn = hidden, RightRow = hidden });
            GpuView<float> dBias2 = sums.Slice(Layout.Length2, hidden);
            ColumnSums(h2, pixels, hidden, dBias2, parts);
            Unfold(2, weights, sums.Slice(0, Layout.Length2), dBias2, Backend._nothing.View);
            Backend.Multiply(
                h2, weight2, Backend._nothing.View, h1,
                Backend.Plain(pixels, hidden, hidden) with
                {
                    LeftRow = hidden,
                    RightRow = hidden,
                    Epilogue = PixelNetworkKernels.Mask,
                });

            // Layer 1: h1 holds dc₁.
            Backend.WeightGradient(
                h1, input, sums.Slice(0, Layout.Length1), parts,
                patches with
                {
                    M = hidden,
                    N = patch,
                    K = pixels,
                    LeftRow = 1,
                    LeftColumn = hidden,
                    RightKind = PixelNetworkKernels.Patches,
                });
            GpuView<float> dBias1 = sums.Slice(Layout.Length1, hidden);
            ColumnSums(h1, pixels, hidden, dBias1, parts);
            Unfold(1, weights, sums.Slice(0, Layout.Length1), dBias1, Backend._nothing.View);
            Backend.Multiply(
                h1, weight1, Backend._nothing.View, dPatches,
                Backend.Plain(pixels, patch, hidden) with { LeftRow = hidden, RightRow = patch });
            ScatterPatches(image, dPatches, dx);
        }

        protected override long ScratchLength(ImageShape image, bool backward)
        {
            long forward = KeptLength(image);
            return (backward ? Math.Max(forward, new BackwardSpace(Shape, image).Length) : forward) + Slack;
        }

        protected override void RunToTaps(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView taps,
            BufferView kept,
            BufferView scratch)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            int hidden = Shape.Hidden;
            int rowLength = Neighbors.Taps * Shape.OutputChannels;
            GpuView<float> prepared = Prepared(weights);
            long activations = (long)image.Pixels * hidden;
            GpuView<float> hiddens = Backend.AlignedView(kept.IsEmpty ? scratch : kept, 2 * activations);
            GpuView<float> h1 = hiddens.Slice(0, activations);
            GpuView<float> h2 = hiddens.Slice(activations, activations);
            Hidden1(image, prepared, x, h1, PixelNetworkKernels.Rectify);
            Hidden2(image, prepared, h1, h2, PixelNetworkKernels.Rectify);
            Backend.Multiply(
                h2,
                prepared.Slice(Layout.Weight3, Layout.Length3),
                Backend._nothing.View,
                Taps(image, taps),
                Backend.Plain(image.Pixels, rowLength, hidden) with { LeftRow = hidden, RightRow = rowLength });
        }

        private void Hidden1(
            ImageShape image, GpuView<float> prepared, BufferView x, GpuView<float> h1, int epilogue)
        {
            int patch = Neighbors.Taps * Shape.InputChannels;
            Backend.Multiply(
                Backend.View(x, image.Length),
                prepared.Slice(0, Layout.Length1),
                prepared.Slice(Layout.Bias1, Shape.Hidden),
                h1,
                Backend.Plain(image.Pixels, Shape.Hidden, patch) with
                {
                    LeftKind = PixelNetworkKernels.Patches,
                    RightRow = 1,
                    RightColumn = patch,
                    Epilogue = epilogue,
                    Height = image.Height,
                    Width = image.Width,
                    Channels = image.Channels,
                    Gathered = Shape.InputChannels,
                });
        }

        private void Hidden2(
            ImageShape image, GpuView<float> prepared, GpuView<float> h1, GpuView<float> h2, int epilogue)
        {
            int hidden = Shape.Hidden;
            Backend.Multiply(
                h1,
                prepared.Slice(Layout.Weight2, Layout.Length2),
                prepared.Slice(Layout.Bias2, hidden),
                h2,
                Backend.Plain(image.Pixels, hidden, hidden) with
                {
                    LeftRow = hidden,
                    RightRow = 1,
                    RightColumn = hidden,
                    Epilogue = epilogue,
                });
        }

        private void ColumnSums(GpuView<float> matrix, int rows, int columns, GpuView<float> sums, GpuView<float> parts)
        {
            int count = Parts(rows, PixelsPerBiasPart);
            PixelNetworkKernels.ColumnsOfParts(
                Backend._stream, new LaunchGrid(count), matrix, parts, rows, columns, PixelsPerBiasPart,
                (int)Backend.NetworkPrecision);
            Backend.AddParts(parts, sums, count, accumulate: false);
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
}
