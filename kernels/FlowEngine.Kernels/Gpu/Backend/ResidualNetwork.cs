using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    // Prepared weights lie as the parameters do, multiplied by r, with r in the place of the log scale; kept values are
    // a_0, c_1, a_1, ..., c_K, a_K, (B, P, N) each: what layers 1 to 2K + 1 read. Always in float32.
    private sealed class ResidualNetwork(GpuBackend backend, ResidualNetworkShape network) : INetwork
    {
        public long PreparedLength(bool backward) => network.ParametersLength;

        public void Prepare(in NetworkWeights weights)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            GpuView<float> from = backend.View(weights.Parameters, network.ParametersLength);
            GpuView<float> to = backend.View(weights.Prepared, network.ParametersLength);
            backend._stream.Copy(from, to);
            for (int layer = 0; layer < network.Layers - 1; layer++)
            {
                ResidualNetworkKernels.Normalize(
                    backend._stream,
                    new LaunchGrid(network.OutputsOf(layer)),
                    Weight(from, layer),
                    LogScale(from, layer),
                    Weight(to, layer),
                    LogScale(to, layer),
                    network.DepthOf(layer));
            }
        }

        public long KeptLength(ImageShape image) =>
            (long)network.KeptArrays * image.Pixels * network.Hidden;

        public long WorkspaceLength(ImageShape image, bool backward)
        {
            if (!backward)
            {
                // h, a and c.
                return 3L * image.Pixels * network.Hidden;
            }

            var space = new ResidualSpace(network, image);
            return space.Patches + space.Gradient + space.Parts;
        }

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            long length = (long)image.Pixels * network.Hidden;
            GpuView<float> prepared = backend.View(weights.Prepared, network.ParametersLength);
            GpuView<float> scratch = backend.View(workspace, 3 * length);
            GpuView<float> stream = scratch.Slice(0, length);
            GpuView<float> values = backend.View(x, image.Length);
            for (int layer = 0; layer < network.Layers; layer++)
            {
                bool ofStream = layer % 2 == 0;
                GpuView<float> next = network.IsLast(layer)
                    ? backend.View(output, (long)image.Pixels * network.OutputChannels)
                    : kept.IsEmpty
                        ? scratch.Slice((1 + (layer % 2)) * length, length)
                        : backend.View(kept, KeptLength(image)).Slice(layer * length, length);
                int epilogue = network.IsLast(layer) || layer == 0 ? PixelNetworkKernels.AddBias
                    : ofStream ? PixelNetworkKernels.Accumulate
                    : PixelNetworkKernels.Rectify;
                backend.Multiply(
                    values,
                    Weight(prepared, layer),
                    prepared.Slice(network.BiasOffset(layer), network.OutputsOf(layer)),
                    ofStream ? stream : next,
                    Values(image, layer) with
                    {
                        M = image.Pixels,
                        N = network.OutputsOf(layer),
                        K = network.DepthOf(layer),
                        Slice = network.DepthOf(layer),
                        RightRow = 1,
                        RightColumn = network.DepthOf(layer),
                        Epilogue = epilogue,
                    });
                if (ofStream)
                {
                    ResidualNetworkKernels.Rectify(
                        backend._stream, Cover(length, ResidualNetworkKernels.RectifyKernel), stream, next, length);
                }

                values = next;
            }
        }

        public void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            int pixels = image.Pixels;
            long length = (long)pixels * network.Hidden;
            var space = new ResidualSpace(network, image);
            GpuView<float> from = backend.View(weights.Parameters, network.ParametersLength);
            GpuView<float> prepared = backend.View(weights.Prepared, network.ParametersLength);
            GpuView<float> sums = backend.View(weights.Gradients, network.ParametersLength);
            GpuView<float> scratch = backend.View(workspace, space.Patches + space.Gradient + space.Parts);
            GpuView<float> dPatches = scratch.Slice(0, space.Patches);
            GpuView<float> parts = scratch.Slice(space.Patches + space.Gradient, space.Parts);
            GpuView<float> hidden = backend.View(kept, KeptLength(image));
            GpuView<float> d = backend.View(dOutput, (long)pixels * network.OutputChannels);

            // What layer 1 and later read is overwritten by its gradient; that of h stays where a_K was.
            GpuView<float> stream = hidden.Slice((network.KeptArrays - 1) * length, length);
            for (int layer = network.Layers - 1; layer >= 0; layer--)
            {
                (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
                int depth = network.DepthOf(layer);
                GpuView<float> values = layer == 0
                    ? backend.View(x, image.Length)
                    : hidden.Slice((layer - 1) * length, length);
                GpuView<float> gradient = scratch.Slice(space.Patches, network.WeightLength(layer));
                SumWeight(image, layer, d, values, gradient, parts);
                AddGradients(layer, from, prepared, gradient, sums);
                backend.AddChannels(d, pixels, sums.Slice(network.BiasOffset(layer), outputs));
                GpuView<float> weight = Weight(prepared, layer);
                PixelNetworkKernels.Product back = FullProduct(pixels, depth, outputs) with
                {
                    LeftRow = outputs,
                    RightRow = depth,
                };
                if (network.IsLast(layer))
                {
                    backend.Multiply(
                        d, weight, backend._nothing.View, values, back with { Epilogue = PixelNetworkKernels.Mask });
                    d = values;
                    continue;
                }

                if (layer == 0 && dx.IsEmpty)
                {
                    continue;
                }

                backend.Multiply(d, weight, backend._nothing.View, dPatches, back);
                if (layer == 0)
                {
                    backend.ScatterPatches(image, inputs, dPatches, backend.View(dx, image.Length));
                    continue;
                }

                GpuView<float> target = layer % 2 == 1 ? stream : values;
                ResidualNetworkKernels.GatherPatches(
                    backend._stream,
                    Cover(length, ResidualNetworkKernels.GatherPatchesKernel),
                    dPatches,
                    values,
                    target,
                    pixels,
                    image.Height,
                    image.Width,
                    inputs,
                    layer % 2);
                d = target;
            }
        }

        private GpuView<float> Weight(GpuView<float> parameters, int layer) =>
            parameters.Slice(network.WeightOffset(layer), network.WeightLength(layer));

        private GpuView<float> LogScale(GpuView<float> parameters, int layer) =>
            parameters.Slice(network.LogScaleOffset(layer), network.OutputsOf(layer));

        private PixelNetworkKernels.Product FullProduct(int m, int n, int k) =>
            backend.Plain(m, n, k) with { Precision = (int)NetworkPrecision.Full };

        // A product that reads the patches, or the values of the last layer, as its left factor.
        private PixelNetworkKernels.Product Values(ImageShape image, int layer) =>
            network.IsLast(layer)
                ? FullProduct(0, 0, 0) with { LeftRow = network.Hidden }
                : FullProduct(0, 0, 0) with
                {
                    LeftKind = PixelNetworkKernels.Patches,
                    Height = image.Height,
                    Width = image.Width,
                    Channels = layer == 0 ? image.Channels : network.Hidden,
                    Gathered = network.InputsOf(layer),
                };

        // gradient = Σ over the pixels of d · patch, (O, depth), in slices that are added in order.
        private void SumWeight(
            ImageShape image,
            int layer,
            GpuView<float> d,
            GpuView<float> values,
            GpuView<float> gradient,
            GpuView<float> parts)
        {
            PixelNetworkKernels.Product of = Values(image, layer);
            backend.WeightGradient(
                d,
                values,
                gradient,
                parts,
                of with
                {
                    M = network.OutputsOf(layer),
                    N = network.DepthOf(layer),
                    K = image.Pixels,
                    LeftKind = PixelNetworkKernels.Plain,
                    LeftRow = 1,
                    LeftColumn = network.OutputsOf(layer),
                    RightKind = of.LeftKind,
                    RightRow = network.Hidden,
                    RightColumn = 1,
                });
        }

        private void AddGradients(
            int layer,
            GpuView<float> parameters,
            GpuView<float> prepared,
            GpuView<float> gradient,
            GpuView<float> sums)
        {
            if (network.IsLast(layer))
            {
                backend.AddParts(gradient, Weight(sums, layer), 1, accumulate: true);
                return;
            }

            ResidualNetworkKernels.Denormalize(
                backend._stream,
                new LaunchGrid(network.OutputsOf(layer)),
                Weight(parameters, layer),
                LogScale(prepared, layer),
                gradient,
                Weight(sums, layer),
                LogScale(sums, layer),
                network.DepthOf(layer));
        }

        /// <summary>How the workspace of the backward pass is divided.</summary>
        private readonly struct ResidualSpace(ResidualNetworkShape network, ImageShape image)
        {
            /// <summary>The gradients of the patches of the widest layer.</summary>
            public long Patches => (long)image.Pixels * Math.Max(network.DepthOf(0), network.DepthOf(1));

            /// <summary>dW of the largest layer.</summary>
            public long Gradient => Math.Max(
                Math.Max(network.WeightLength(0), network.WeightLength(1)), network.WeightLength(network.Layers - 1));

            /// <summary>The slices of that sum.</summary>
            public long Parts => Gradient * GpuBackend.Parts(image.Pixels, PixelsPerSlice);
        }
    }
}
