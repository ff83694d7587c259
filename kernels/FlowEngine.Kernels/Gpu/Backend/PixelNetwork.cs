using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

// Taps (B, P, 9, O). A network whose tile of pixels has room in shared memory runs fused, FusedPixelNetwork.cs; another one
// product by product, UnfusedPixelNetwork.cs. Both round the same numbers. What passes between operations starts at a
// multiple of 16 bytes inside its view, so such views are longer by Slack.
public sealed partial class GpuBackend
{
    private const int VectorLength = 4;
    private const int Slack = VectorLength - 1;

    /// <inheritdoc/>
    public long PixelNetworkPreparedLength(PixelNetworkShape network, bool backward) =>
        new PreparedNetwork(network, Fused(network)).Length + Slack;

    /// <inheritdoc/>
    public void PixelNetworkPrepare(
        PixelNetworkShape network, in PixelNetworkParameters parameters, BufferView prepared)
    {
        using Lock.Scope queue = _queue.EnterScope();
        (int _, int hidden, int outputs, bool innerActNorm, bool _) = network;
        FusedNetwork fused = Fused(network);
        var layout = new PreparedNetwork(network, fused);
        GpuView<float> to = AlignedView(prepared, layout.Length);
        GpuView<float> weight1 = to.Slice(0, layout.Length1);
        GpuView<float> weight2 = to.Slice(layout.Weight2, layout.Length2);
        GpuView<float> weight3 = to.Slice(layout.Weight3, layout.Length3);
        BufferView scale1 = innerActNorm ? parameters.LogScale1 : default;
        BufferView scale2 = innerActNorm ? parameters.LogScale2 : default;
        PixelNetworkKernels.Fold(
            _stream,
            Cover(layout.Border, PixelNetworkKernels.FoldKernel),
            View(parameters.Weight1, layout.Length1),
            View(parameters.Bias1, hidden),
            ViewOrNothing(scale1, hidden),
            View(parameters.Weight2, layout.Length2),
            View(parameters.Bias2, hidden),
            ViewOrNothing(scale2, hidden),
            View(parameters.Weight3, layout.Length3),
            View(parameters.Bias3, outputs),
            View(parameters.LogScale3, outputs),
            to.Slice(0, layout.Border),
            KernelNetwork(network));
        PixelNetworkKernels.Border(
            _stream,
            Cover(layout.BorderLength, PixelNetworkKernels.BorderKernel),
            weight3,
            to.Slice(layout.Border, layout.BorderLength),
            KernelNetwork(network));
        if (fused.Fits)
        {
            long largest = 0;
            for (int matrix = 0; matrix < NetworkWeightKernels.Matrices; matrix++)
            {
                largest = Math.Max(largest, fused.PackedWords(matrix, 1));
            }

            NetworkWeightKernels.Pack(
                _stream,
                Cover(largest, NetworkWeightKernels.PackKernel) with { Y = NetworkWeightKernels.Matrices },
                weight1,
                weight2,
                weight3,
                to.Slice(layout.Packed, layout.Length - layout.Packed),
                fused.Sizes,
                (int)NetworkPrecision);
        }
    }

    /// <inheritdoc/>
    public long PixelNetworkKeptLength(PixelNetworkShape network, ImageShape image) =>
        (2L * image.Pixels * HiddenWords(network)) + Slack;

    /// <inheritdoc/>
    public long PixelNetworkTapsLength(PixelNetworkShape network, ImageShape image) =>
        TapsLength(network, image) + Slack;

    /// <inheritdoc/>
    public long PixelNetworkWorkspaceLength(PixelNetworkShape network, ImageShape image, bool backward)
    {
        // Fused, the hidden activations are nowhere but in shared memory.
        bool fits = Fused(network).Fits;
        long forward = fits ? 0 : PixelNetworkKeptLength(network, image);
        long whole = !backward ? forward : Math.Max(
            forward,
            fits
                ? new NetworkWorkspace(network, image.Pixels, NetworkPrecision).Length
                : new BackwardSpace(network, image).Length);
        return whole + Slack;
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
        FusedNetwork fused = Fused(network);
        GpuView<float> weights = AlignedView(prepared, new PreparedNetwork(network, fused).Length);
        GpuView<float> input = View(x, image.Length);
        GpuView<float> output = AlignedView(taps, TapsLength(network, image));
        if (fused.Fits)
        {
            ForwardFused(network, image, weights, input, kept, output, products: 3);
        }
        else
        {
            ForwardUnfused(network, image, weights, input, kept.IsEmpty ? workspace : kept, output);
        }
    }

    /// <inheritdoc/>
    public void PixelNetworkTapAdd(
        PixelNetworkShape network, ImageShape image, BufferView prepared, BufferView taps, BufferView output)
    {
        using Lock.Scope queue = _queue.EnterScope();
        var layout = new PreparedNetwork(network, Fused(network));
        GpuView<float> weights = AlignedView(prepared, layout.Length);
        long length = (long)image.Pixels * network.OutputChannels;
        PixelNetworkKernels.TapAdd(
            _stream,
            Cover(length, PixelNetworkKernels.TapAddKernel),
            AlignedView(taps, TapsLength(network, image)),
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
        if (Fused(network).Fits)
        {
            BackwardFused(network, image, parameters, prepared, x, kept, dOutput, dx, gradients, workspace);
        }
        else
        {
            BackwardUnfused(network, image, parameters, prepared, x, kept, dOutput, dx, gradients, workspace);
        }
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
        FusedNetwork fused = Fused(network);
        GpuView<float> weights = AlignedView(prepared, new PreparedNetwork(network, fused).Length);
        GpuView<float> input = View(x, image.Length);
        long activations = (long)image.Pixels * network.Hidden;
        GpuView<float> values;
        if (fused.Fits)
        {
            values = AlignedView(kept, activations);
            ForwardFused(network, image, weights, input, default, values, layer);
        }
        else
        {
            values = StatisticsUnfused(network, image, weights, input, layer, AlignedView(kept, 2 * activations));
        }

        Statistics(values, image.Pixels, network.Hidden, mean, deviation);
    }

    private static long TapsLength(PixelNetworkShape network, ImageShape image) =>
        (long)image.Pixels * Neighbors.Taps * network.OutputChannels;

    private static PixelNetworkKernels.Network KernelNetwork(PixelNetworkShape network) => new(
        network.InputChannels,
        network.Hidden,
        network.OutputChannels,
        network.InnerActNorm ? 1 : 0,
        network.OutsideReadsOne ? 1 : 0);

    private FusedNetwork Fused(PixelNetworkShape network) => new(network, NetworkPrecision, _device.Info);

    // Of a pixel and a layer.
    private long HiddenWords(PixelNetworkShape network)
    {
        FusedNetwork fused = Fused(network);
        return fused.Fits ? fused.HiddenWords : network.Hidden;
    }

    /// <summary>The elements of a view from its first multiple of 16 bytes on.</summary>
    private GpuView<float> AlignedView(BufferView view, long length)
    {
        long skipped = (VectorLength - (view.Offset % VectorLength)) % VectorLength;
        return View(view, skipped + length).Slice(skipped, length);
    }

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
}
