using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

// Prepared weights lie as the parameters do, multiplied by r, with r in the place of the log scale; kept values are
// a_0, c_1, a_1, ..., c_K, a_K, (B, P, N) each: what layers 1 to 2K + 1 read. Always in float32.
public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public long ResidualNetworkPreparedLength(ResidualNetworkShape network) => network.ParametersLength;

    /// <inheritdoc/>
    public void ResidualNetworkPrepare(ResidualNetworkShape network, BufferView parameters, BufferView prepared)
    {
        using Lock.Scope queue = _queue.EnterScope();
        GpuView<float> from = View(parameters, network.ParametersLength);
        GpuView<float> to = View(prepared, network.ParametersLength);
        _stream.Copy(from, to);
        for (int layer = 0; layer < network.Layers - 1; layer++)
        {
            ResidualNetworkKernels.Normalize(
                _stream,
                new LaunchGrid(network.OutputsOf(layer)),
                Weight(network, from, layer),
                LogScale(network, from, layer),
                Weight(network, to, layer),
                LogScale(network, to, layer),
                network.DepthOf(layer));
        }
    }

    /// <inheritdoc/>
    public long ResidualNetworkKeptLength(ResidualNetworkShape network, ImageShape image) =>
        (long)network.KeptArrays * image.Pixels * network.Hidden;

    /// <inheritdoc/>
    public long ResidualNetworkWorkspaceLength(ResidualNetworkShape network, ImageShape image, bool backward)
    {
        if (!backward)
        {
            // h, a and c.
            return 3L * image.Pixels * network.Hidden;
        }

        var space = new ResidualSpace(network, image);
        return space.Patches + space.Gradient + space.Parts;
    }

    /// <inheritdoc/>
    public void ResidualNetworkForward(
        ResidualNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        long length = (long)image.Pixels * network.Hidden;
        GpuView<float> weights = View(prepared, network.ParametersLength);
        GpuView<float> scratch = View(workspace, 3 * length);
        GpuView<float> stream = scratch.Slice(0, length);
        GpuView<float> values = View(x, image.Length);
        for (int layer = 0; layer < network.Layers; layer++)
        {
            bool ofStream = layer % 2 == 0;
            GpuView<float> next = network.IsLast(layer)
                ? View(output, (long)image.Pixels * network.OutputChannels)
                : kept.IsEmpty
                    ? scratch.Slice((1 + (layer % 2)) * length, length)
                    : View(kept, ResidualNetworkKeptLength(network, image)).Slice(layer * length, length);
            int epilogue = network.IsLast(layer) || layer == 0 ? PixelNetworkKernels.AddBias
                : ofStream ? PixelNetworkKernels.Accumulate
                : PixelNetworkKernels.Rectify;
            Multiply(
                values,
                Weight(network, weights, layer),
                weights.Slice(network.BiasOffset(layer), network.OutputsOf(layer)),
                ofStream ? stream : next,
                Values(network, image, layer) with
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
                    _stream, Cover(length, ResidualNetworkKernels.RectifyKernel), stream, next, length);
            }

            values = next;
        }
    }

    /// <inheritdoc/>
    public void ResidualNetworkBackward(
        ResidualNetworkShape network,
        ImageShape image,
        BufferView parameters,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView gradients,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int pixels = image.Pixels;
        long length = (long)pixels * network.Hidden;
        var space = new ResidualSpace(network, image);
        GpuView<float> from = View(parameters, network.ParametersLength);
        GpuView<float> weights = View(prepared, network.ParametersLength);
        GpuView<float> sums = View(gradients, network.ParametersLength);
        GpuView<float> scratch = View(workspace, space.Patches + space.Gradient + space.Parts);
        GpuView<float> dPatches = scratch.Slice(0, space.Patches);
        GpuView<float> parts = scratch.Slice(space.Patches + space.Gradient, space.Parts);
        GpuView<float> hidden = View(kept, ResidualNetworkKeptLength(network, image));
        GpuView<float> d = View(dOutput, (long)pixels * network.OutputChannels);

        // What layer 1 and later read is overwritten by its gradient; that of h stays where a_K was.
        GpuView<float> stream = hidden.Slice((network.KeptArrays - 1) * length, length);
        for (int layer = network.Layers - 1; layer >= 0; layer--)
        {
            (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
            int depth = network.DepthOf(layer);
            GpuView<float> values = layer == 0 ? View(x, image.Length) : hidden.Slice((layer - 1) * length, length);
            GpuView<float> gradient = scratch.Slice(space.Patches, network.WeightLength(layer));
            SumWeight(network, image, layer, d, values, gradient, parts);
            AddGradients(network, layer, from, weights, gradient, sums);
            GpuView<double> biases = ChannelParts(d, pixels, outputs, out int count);
            SumKernels.SumChannels(
                _stream,
                Cover(outputs, SumKernels.SumChannelsKernel),
                biases,
                sums.Slice(network.BiasOffset(layer), outputs),
                count,
                outputs);
            GpuView<float> weight = Weight(network, weights, layer);
            PixelNetworkKernels.Product back = FullProduct(pixels, depth, outputs) with
            {
                LeftRow = outputs,
                RightRow = depth,
            };
            if (network.IsLast(layer))
            {
                Multiply(d, weight, _nothing.View, values, back with { Epilogue = PixelNetworkKernels.Mask });
                d = values;
                continue;
            }

            Multiply(d, weight, _nothing.View, dPatches, back);
            if (layer == 0)
            {
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
                continue;
            }

            GpuView<float> target = layer % 2 == 1 ? stream : values;
            ResidualNetworkKernels.GatherPatches(
                _stream,
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

    private static GpuView<float> Weight(ResidualNetworkShape network, GpuView<float> parameters, int layer) =>
        parameters.Slice(network.WeightOffset(layer), network.WeightLength(layer));

    private static GpuView<float> LogScale(ResidualNetworkShape network, GpuView<float> parameters, int layer) =>
        parameters.Slice(network.LogScaleOffset(layer), network.OutputsOf(layer));

    private PixelNetworkKernels.Product FullProduct(int m, int n, int k) =>
        Plain(m, n, k) with { Precision = (int)NetworkPrecision.Full };

    // A product that reads the patches, or the values of the last layer, as its left factor.
    private PixelNetworkKernels.Product Values(ResidualNetworkShape network, ImageShape image, int layer) =>
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
        ResidualNetworkShape network,
        ImageShape image,
        int layer,
        GpuView<float> d,
        GpuView<float> values,
        GpuView<float> gradient,
        GpuView<float> parts)
    {
        PixelNetworkKernels.Product of = Values(network, image, layer);
        WeightGradient(
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
        ResidualNetworkShape network,
        int layer,
        GpuView<float> parameters,
        GpuView<float> prepared,
        GpuView<float> gradient,
        GpuView<float> sums)
    {
        if (network.IsLast(layer))
        {
            AddParts(gradient, Weight(network, sums, layer), 1, accumulate: true);
            return;
        }

        ResidualNetworkKernels.Denormalize(
            _stream,
            new LaunchGrid(network.OutputsOf(layer)),
            Weight(network, parameters, layer),
            LogScale(network, prepared, layer),
            gradient,
            Weight(network, sums, layer),
            LogScale(network, sums, layer),
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
