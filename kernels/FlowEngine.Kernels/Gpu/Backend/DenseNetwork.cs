using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

// Prepared weights lie as the parameters do, masked; kept activations are (hidden layer, row, unit).
public sealed partial class GpuBackend
{
    // Weight gradients sum over rows in slices of this many, each a layer of the grid.
    private const int RowsPerSlice = 4_096;

    /// <inheritdoc/>
    public long DenseNetworkPreparedLength(DenseNetworkShape network) => network.ParametersLength;

    /// <inheritdoc/>
    public void DenseNetworkPrepare(DenseNetworkShape network, BufferView parameters, BufferView prepared)
    {
        using Lock.Scope queue = _queue.EnterScope();
        GpuView<float> from = View(parameters, network.ParametersLength);
        GpuView<float> to = View(prepared, network.ParametersLength);
        for (int layer = 0; layer < network.Layers; layer++)
        {
            long length = (long)network.InputsOf(layer) * network.OutputsOf(layer);
            DenseNetworkKernels.MaskWeight(
                _stream,
                Cover(length, DenseNetworkKernels.MaskWeightKernel),
                from.Slice(network.WeightOffset(layer), length),
                to.Slice(network.WeightOffset(layer), length),
                Mask(network),
                layer,
                network.InputsOf(layer),
                length);
            long bias = network.BiasOffset(layer);
            _stream.Copy(from.Slice(bias, network.OutputsOf(layer)), to.Slice(bias, network.OutputsOf(layer)));
        }
    }

    /// <inheritdoc/>
    public long DenseNetworkKeptLength(DenseNetworkShape network, int rows) =>
        (long)network.HiddenLayers * rows * network.Hidden;

    /// <inheritdoc/>
    public long DenseNetworkWorkspaceLength(DenseNetworkShape network, int rows, bool backward)
    {
        // Forward: the hidden activations that are not kept. Backward: the slices of the largest weight gradient.
        long largest = (long)network.Hidden * Math.Max(Math.Max(network.Inputs, network.Outputs), network.Hidden);
        long slices = backward ? largest * Parts(rows, RowsPerSlice) : 0;
        return Math.Max(slices, DenseNetworkKeptLength(network, rows));
    }

    /// <inheritdoc/>
    public void DenseNetworkForward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int rows = image.Pixels;
        GpuView<float> weights = View(prepared, network.ParametersLength);
        GpuView<float> hidden = View(kept.IsEmpty ? workspace : kept, DenseNetworkKeptLength(network, rows));
        GpuView<float> source = View(x, image.Length);
        int stride = image.Channels;
        for (int layer = 0; layer < network.Layers; layer++)
        {
            bool isLast = layer == network.HiddenLayers;
            (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
            GpuView<float> target = isLast ? View(output, (long)rows * outputs) : Hidden(network, hidden, rows, layer);
            Multiply(
                source,
                weights.Slice(network.WeightOffset(layer), (long)inputs * outputs),
                weights.Slice(network.BiasOffset(layer), outputs),
                target,
                new DenseNetworkKernels.Product(
                    rows,
                    outputs,
                    inputs,
                    inputs,
                    stride,
                    1,
                    1,
                    inputs,
                    outputs,
                    isLast ? DenseNetworkKernels.AddBias : DenseNetworkKernels.Rectify));
            source = target;
            stride = outputs;
        }
    }

    /// <inheritdoc/>
    public void DenseNetworkBackward(
        DenseNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView gradients,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int rows = image.Pixels;
        GpuView<float> weights = View(prepared, network.ParametersLength);
        GpuView<float> sums = View(gradients, network.ParametersLength);
        GpuView<float> hidden = View(kept, DenseNetworkKeptLength(network, rows));
        GpuView<float> d = View(dOutput, (long)rows * network.Outputs);
        for (int layer = network.HiddenLayers; layer >= 0; layer--)
        {
            (int inputs, int outputs) = (network.InputsOf(layer), network.OutputsOf(layer));
            GpuView<float> values = layer == 0 ? View(x, image.Length) : Hidden(network, hidden, rows, layer - 1);
            int stride = layer == 0 ? image.Channels : inputs;
            long length = (long)inputs * outputs;
            int slices = Parts(rows, RowsPerSlice);
            GpuView<float> parts = View(workspace, slices * length);
            Multiply(
                d,
                values,
                _nothing.View,
                parts,
                new DenseNetworkKernels.Product(
                    outputs, inputs, rows, RowsPerSlice, 1, outputs, stride, 1, inputs, DenseNetworkKernels.Store));
            DenseNetworkKernels.AddWeightSlices(
                _stream,
                Cover(length, DenseNetworkKernels.AddWeightSlicesKernel),
                parts,
                sums.Slice(network.WeightOffset(layer), length),
                Mask(network),
                layer,
                inputs,
                slices,
                length);
            GpuView<double> biases = ChannelParts(d, rows, outputs, out int count);
            SumKernels.SumChannels(
                _stream,
                Cover(outputs, SumKernels.SumChannelsKernel),
                biases,
                sums.Slice(network.BiasOffset(layer), outputs),
                count,
                outputs);
            GpuView<float> weight = weights.Slice(network.WeightOffset(layer), length);
            if (layer > 0)
            {
                // The activations are overwritten by their gradients.
                Multiply(
                    d,
                    weight,
                    _nothing.View,
                    values,
                    new DenseNetworkKernels.Product(
                        rows, inputs, outputs, outputs, outputs, 1, inputs, 1, inputs, DenseNetworkKernels.Gate));
                d = values;
            }
            else if (!dx.IsEmpty)
            {
                Multiply(
                    d,
                    weight,
                    _nothing.View,
                    View(dx, image.Length),
                    new DenseNetworkKernels.Product(
                        rows, inputs, outputs, outputs, outputs, 1, inputs, 1, stride, DenseNetworkKernels.Accumulate));
            }
        }
    }

    private static DenseMask Mask(DenseNetworkShape network) =>
        new(
            network.Inputs,
            network.Hidden,
            network.HiddenLayers,
            network.Outputs,
            network.IsAutoregressive ? 1 : 0,
            network.Conditions);

    private static GpuView<float> Hidden(DenseNetworkShape network, GpuView<float> hidden, int rows, int layer) =>
        hidden.Slice((long)layer * rows * network.Hidden, (long)rows * network.Hidden);

    private void Multiply(
        GpuView<float> left,
        GpuView<float> right,
        GpuView<float> bias,
        GpuView<float> product,
        DenseNetworkKernels.Product shape)
    {
        LaunchGrid grid = new(
            Parts(shape.M, DenseNetworkKernels.Tile),
            Parts(shape.N, DenseNetworkKernels.Tile),
            Parts(shape.K, shape.Slice));
        DenseNetworkKernels.Multiply(_stream, grid, left, right, bias, product, shape);
    }
}
