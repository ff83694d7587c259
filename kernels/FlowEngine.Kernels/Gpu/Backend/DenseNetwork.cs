using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    // Weight gradients of dense networks sum over rows in slices of this many, each a layer of the grid.
    private const int RowsPerSlice = 4_096;

    // Prepared weights lie as the parameters do, masked; kept activations are (hidden layer, row, unit).
    private class DenseNetwork(GpuBackend backend, DenseNetworkShape shape) : INetwork
    {
        protected GpuBackend Backend { get; } = backend;

        protected DenseNetworkShape Shape { get; } = shape;

        protected DenseMask Mask => new(
            Shape.InputChannels,
            Shape.Hidden,
            Shape.HiddenLayers,
            Shape.OutputChannels,
            Shape.OutputsPerDim,
            Shape.IsAutoregressive ? 1 : 0,
            Shape.Conditions);

        public long PreparedLength(bool backward) => Shape.ParametersLength;

        public void Prepare(in NetworkWeights weights)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            GpuView<float> from = Weights(weights.Parameters);
            GpuView<float> to = Weights(weights.Prepared);
            for (int layer = 0; layer < Shape.Layers; layer++)
            {
                long length = (long)Shape.InputsOf(layer) * Shape.OutputsOf(layer);
                DenseNetworkKernels.MaskWeight(
                    Backend._stream,
                    Cover(length, DenseNetworkKernels.MaskWeightKernel),
                    from.Slice(Shape.WeightOffset(layer), length),
                    to.Slice(Shape.WeightOffset(layer), length),
                    Mask,
                    layer,
                    Shape.InputsOf(layer),
                    length);
                long bias = Shape.BiasOffset(layer);
                Backend._stream.Copy(from.Slice(bias, Shape.OutputsOf(layer)), to.Slice(bias, Shape.OutputsOf(layer)));
            }
        }

        public long KeptLength(ImageShape image) => (long)Shape.HiddenLayers * image.Pixels * Shape.Hidden;

        public long WorkspaceLength(ImageShape image, bool backward)
        {
            // Forward: the hidden activations that are not kept. Backward: the slices of the largest weight gradient.
            int widest = Math.Max(Math.Max(Shape.InputChannels, Shape.OutputChannels), Shape.Hidden);
            long largest = (long)Shape.Hidden * widest;
            long slices = backward ? largest * Parts(image.Pixels, RowsPerSlice) : 0;
            return Math.Max(slices, KeptLength(image));
        }

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            int rows = image.Pixels;
            GpuView<float> prepared = Weights(weights.Prepared);
            GpuView<float> hidden = Backend.View(kept.IsEmpty ? workspace : kept, KeptLength(image));
            GpuView<float> source = Backend.View(x, image.Length);
            int stride = image.Channels;
            for (int layer = 0; layer < Shape.Layers; layer++)
            {
                bool isLast = layer == Shape.HiddenLayers;
                (int inputs, int outputs) = (Shape.InputsOf(layer), Shape.OutputsOf(layer));
                GpuView<float> target = isLast
                    ? Backend.View(output, (long)rows * outputs)
                    : Hidden(hidden, rows, layer);
                Backend.Multiply(
                    source,
                    prepared.Slice(Shape.WeightOffset(layer), (long)inputs * outputs),
                    prepared.Slice(Shape.BiasOffset(layer), outputs),
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

        public void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            int rows = image.Pixels;
            GpuView<float> prepared = Weights(weights.Prepared);
            GpuView<float> sums = Weights(weights.Gradients);
            GpuView<float> hidden = Backend.View(kept, KeptLength(image));
            GpuView<float> d = Backend.View(dOutput, (long)rows * Shape.OutputChannels);
            for (int layer = Shape.HiddenLayers; layer >= 0; layer--)
            {
                (int inputs, int outputs) = (Shape.InputsOf(layer), Shape.OutputsOf(layer));
                GpuView<float> values = layer == 0 ? Backend.View(x, image.Length) : Hidden(hidden, rows, layer - 1);
                int stride = layer == 0 ? image.Channels : inputs;
                long length = (long)inputs * outputs;
                int slices = Parts(rows, RowsPerSlice);
                GpuView<float> parts = Backend.View(workspace, slices * length);
                Backend.Multiply(
                    d,
                    values,
                    Backend._nothing.View,
                    parts,
                    new DenseNetworkKernels.Product(
                        outputs, inputs, rows, RowsPerSlice, 1, outputs, stride, 1, inputs, DenseNetworkKernels.Store));
                DenseNetworkKernels.AddWeightSlices(
                    Backend._stream,
                    Cover(length, DenseNetworkKernels.AddWeightSlicesKernel),
                    parts,
                    sums.Slice(Shape.WeightOffset(layer), length),
                    Mask,
                    layer,
                    inputs,
                    slices,
                    length);
                Backend.AddChannels(d, rows, sums.Slice(Shape.BiasOffset(layer), outputs));
                GpuView<float> weight = prepared.Slice(Shape.WeightOffset(layer), length);
                if (layer > 0)
                {
                    // The activations are overwritten by their gradients.
                    Backend.Multiply(
                        d,
                        weight,
                        Backend._nothing.View,
                        values,
                        new DenseNetworkKernels.Product(
                            rows, inputs, outputs, outputs, outputs, 1, inputs, 1, inputs, DenseNetworkKernels.Gate));
                    d = values;
                }
                else if (!dx.IsEmpty)
                {
                    Backend.Multiply(
                        d,
                        weight,
                        Backend._nothing.View,
                        Backend.View(dx, image.Length),
                        new DenseNetworkKernels.Product(
                            rows,
                            inputs,
                            outputs,
                            outputs,
                            outputs,
                            1,
                            inputs,
                            1,
                            stride,
                            DenseNetworkKernels.Accumulate));
                }
            }
        }

        protected GpuView<float> Weights(BufferView weights) => Backend.View(weights, Shape.ParametersLength);

        private GpuView<float> Hidden(GpuView<float> hidden, int rows, int layer) =>
            hidden.Slice((long)layer * rows * Shape.Hidden, (long)rows * Shape.Hidden);
    }

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
