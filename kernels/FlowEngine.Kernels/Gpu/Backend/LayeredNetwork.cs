using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    // Prepared weights lie as the parameters do, masked; kept are the inner arrays one after the other, (row, unit) each. In
    // the workspace of the backward pass are their gradients in the same places, an array of activations or of a product,
    // and the slices of a weight gradient.
    private sealed class LayeredNetwork(GpuBackend backend, LayeredNetworkShape shape) : INetwork, IDisposable
    {
        private readonly LayeredNetworkPlan _plan = shape.Plan;

        // The values of a row in the inner arrays before each.
        private readonly long[] _offsets = Offsets(shape.Plan.Widths.Skip(1).Prepend(0));

        // Where the degrees of each layer's inputs and units begin.
        private readonly long[] _degreesAt = Offsets(shape.Plan.Layers.Select(layer => DegreesOf(layer).Count()));
        private readonly int _activatedWidth = shape.Plan.Steps.Max(step => step.Activates ? shape.Plan.Widths[step.Source] : 0);
        private readonly long _largestWeight = shape.Plan.Layers.Max(WeightLength);
        private GpuBuffer<int>? _degrees;

        public long PreparedLength(bool backward) => shape.ParametersLength;

        public void Prepare(in NetworkWeights weights)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            GpuView<float> from = Weights(weights.Parameters);
            GpuView<float> to = Weights(weights.Prepared);
            backend._stream.Copy(from, to);
            for (int l = 0; l < _plan.Layers.Count; l++)
            {
                if (_plan.Layers[l].InputDegrees is not null)
                {
                    NetworkLayer layer = _plan.Layers[l];
                    LayeredNetworkKernels.MaskWeight(
                        backend._stream,
                        Cover(WeightLength(layer), LayeredNetworkKernels.MaskWeightKernel),
                        Weight(layer, from),
                        Weight(layer, to),
                        Degrees(l),
                        layer.Inputs,
                        WeightLength(layer));
                }
            }
        }

        public long KeptLength(ImageShape image) => _offsets[_plan.Output] * image.Pixels;

        public long WorkspaceLength(ImageShape image, bool backward)
        {
            long arrays = KeptLength(image) + ((long)_activatedWidth * image.Pixels);
            return backward ? arrays + (_largestWeight * Parts(image.Pixels, RowsPerSlice)) : arrays;
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
            GpuView<float> prepared = Weights(weights.Prepared);
            GpuView<float> scratch = backend.View(workspace, WorkspaceLength(image, backward: false));
            Arrays values = new(
                this,
                image,
                backend.View(x, image.Length),
                kept.IsEmpty ? scratch : backend.View(kept, KeptLength(image)),
                backend.View(output, (long)image.Pixels * shape.OutputChannels));
            foreach (NetworkStep step in _plan.Steps)
            {
                if (step.Kind == NetworkStepKind.Linear)
                {
                    NetworkLayer layer = _plan.Layers[step.Layer];
                    backend.Multiply(
                        Read(step, values, From(scratch, KeptLength(image))),
                        Weight(layer, prepared),
                        prepared.Slice(layer.BiasOffset, layer.Outputs),
                        values[step.Target],
                        new DenseNetworkKernels.Product(
                            image.Pixels,
                            layer.Outputs,
                            layer.Inputs,
                            layer.Inputs,
                            values.StrideOf(step.Source),
                            1,
                            1,
                            layer.Inputs,
                            layer.Outputs,
                            DenseNetworkKernels.AddBias));
                }
                else
                {
                    Add(step, values);
                }
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
            GpuView<float> prepared = Weights(weights.Prepared);
            GpuView<float> sums = Weights(weights.Gradients);
            GpuView<float> outputGradient = backend.View(dOutput, (long)image.Pixels * shape.OutputChannels);
            Arrays values = new(
                this, image, backend.View(x, image.Length), backend.View(kept, KeptLength(image)), outputGradient);
            GpuView<float> scratch = backend.View(workspace, WorkspaceLength(image, backward: true));
            GpuView<float> gradients = scratch.Slice(0, KeptLength(image));
            GpuView<float> activated = scratch.Slice(KeptLength(image), (long)_activatedWidth * image.Pixels);
            GpuView<float> parts = From(scratch, gradients.Length + activated.Length);
            backend._stream.Clear(gradients);
            Arrays d = new(this, image, backend.ViewOrNothing(dx, image.Length), gradients, outputGradient);
            for (int s = _plan.Steps.Count - 1; s >= 0; s--)
            {
                NetworkStep step = _plan.Steps[s];
                if (step.Kind != NetworkStepKind.Linear)
                {
                    AddBackward(step, values, d);
                    continue;
                }

                AddWeightGradient(step, Read(step, values, activated), values.StrideOf(step.Source), d[step.Target], sums, parts);
                backend.AddChannels(
                    d[step.Target], image.Pixels, sums.Slice(_plan.Layers[step.Layer].BiasOffset, _plan.Layers[step.Layer].Outputs));
                if (step.Source > 0 || !dx.IsEmpty)
                {
                    SourceBackward(step, prepared, values, d, activated);
                }
            }
        }

        public void Dispose() => _degrees?.Dispose();

        // What a linear map reads: the array from its first input on, or its activations in the scratch memory.
        private GpuView<float> Read(in NetworkStep step, in Arrays values, GpuView<float> activated)
        {
            GpuView<float> source = values[step.Source];
            if (!step.Activates)
            {
                return From(source, _plan.Layers[step.Layer].FirstInput);
            }

            LayeredNetworkKernels.Activate(
                backend._stream,
                Cover(source.Length, LayeredNetworkKernels.ActivateKernel),
                source,
                activated.Slice(0, source.Length),
                (int)shape.Activation,
                (float)shape.Leak,
                source.Length);
            return activated;
        }

        private void Add(in NetworkStep step, in Arrays values)
        {
            GpuView<float> target = values[step.Target];
            if (step.Kind == NetworkStepKind.AddGated)
            {
                LayeredNetworkKernels.AddGated(
                    backend._stream,
                    Cover(target.Length, LayeredNetworkKernels.AddGatedKernel),
                    values[step.Source],
                    values[step.Addend],
                    values[step.Gate],
                    target,
                    target.Length);
                return;
            }

            LayeredNetworkKernels.Add(
                backend._stream,
                Cover(target.Length, LayeredNetworkKernels.AddKernel),
                values[step.Source],
                values[step.Addend],
                target,
                ActivationOfAddend(step),
                (float)shape.Leak,
                target.Length);
        }

        private void AddBackward(in NetworkStep step, in Arrays values, in Arrays d)
        {
            GpuView<float> dTarget = d[step.Target];
            if (step.Kind == NetworkStepKind.AddGated)
            {
                LayeredNetworkKernels.AddGatedBackward(
                    backend._stream,
                    Cover(dTarget.Length, LayeredNetworkKernels.AddGatedBackwardKernel),
                    dTarget,
                    values[step.Addend],
                    values[step.Gate],
                    d[step.Source],
                    d[step.Addend],
                    d[step.Gate],
                    dTarget.Length);
                return;
            }

            LayeredNetworkKernels.AddBackward(
                backend._stream,
                Cover(dTarget.Length, LayeredNetworkKernels.AddBackwardKernel),
                dTarget,
                values[step.Addend],
                d[step.Source],
                d[step.Addend],
                ActivationOfAddend(step),
                (float)shape.Leak,
                dTarget.Length);
        }

        private int ActivationOfAddend(in NetworkStep step) =>
            step.Kind == NetworkStepKind.AddActivated ? (int)shape.Activation : Activations.None;

        private void AddWeightGradient(
            in NetworkStep step,
            GpuView<float> source,
            int stride,
            GpuView<float> dTarget,
            GpuView<float> sums,
            GpuView<float> parts)
        {
            NetworkLayer layer = _plan.Layers[step.Layer];
            int rows = (int)(dTarget.Length / layer.Outputs);
            int slices = Parts(rows, RowsPerSlice);
            long length = WeightLength(layer);
            backend.Multiply(
                dTarget,
                source,
                backend._nothing.View,
                parts,
                new DenseNetworkKernels.Product(
                    layer.Outputs,
                    layer.Inputs,
                    rows,
                    RowsPerSlice,
                    1,
                    layer.Outputs,
                    stride,
                    1,
                    layer.Inputs,
                    DenseNetworkKernels.Store));
            if (layer.InputDegrees is null)
            {
                backend.AddParts(parts, Weight(layer, sums), slices, accumulate: true);
                return;
            }

            LayeredNetworkKernels.AddWeightSlices(
                backend._stream,
                Cover(length, LayeredNetworkKernels.AddWeightSlicesKernel),
                parts.Slice(0, slices * length),
                Weight(layer, sums),
                Degrees(step.Layer),
                layer.Inputs,
                slices,
                length);
        }

        private void SourceBackward(
            in NetworkStep step, GpuView<float> prepared, in Arrays values, in Arrays d, GpuView<float> product)
        {
            NetworkLayer layer = _plan.Layers[step.Layer];
            GpuView<float> dSource = d[step.Source];
            int stride = values.StrideOf(step.Source);
            DenseNetworkKernels.Product back = new(
                (int)(dSource.Length / stride),
                layer.Inputs,
                layer.Outputs,
                layer.Outputs,
                layer.Outputs,
                1,
                layer.Inputs,
                1,
                stride,
                DenseNetworkKernels.Accumulate);
            if (!step.Activates)
            {
                backend.Multiply(
                    d[step.Target], Weight(layer, prepared), backend._nothing.View, From(dSource, layer.FirstInput), back);
                return;
            }

            product = product.Slice(0, dSource.Length);
            backend.Multiply(
                d[step.Target],
                Weight(layer, prepared),
                backend._nothing.View,
                product,
                back with { Epilogue = DenseNetworkKernels.Store });
            LayeredNetworkKernels.ActivateBackward(
                backend._stream,
                Cover(dSource.Length, LayeredNetworkKernels.ActivateBackwardKernel),
                product,
                values[step.Source],
                dSource,
                (int)shape.Activation,
                (float)shape.Leak,
                dSource.Length);
        }

        // The degrees of a layer's inputs and units. They are sent when a masked network is first prepared.
        private GpuView<int> Degrees(int layer)
        {
            if (_degrees is null)
            {
                int[] degrees = [.. _plan.Layers.SelectMany(DegreesOf)];
                _degrees = backend._device.Allocate<int>(degrees.Length);
                backend._stream.CopyToDevice<int>(degrees, _degrees.View);
            }

            return _degrees.View.Slice(_degreesAt[layer], _degreesAt[layer + 1] - _degreesAt[layer]);
        }

        private static IEnumerable<int> DegreesOf(NetworkLayer layer) =>
            layer.InputDegrees is null ? [] : layer.InputDegrees.Concat(layer.OutputDegrees!);

        private static long WeightLength(NetworkLayer layer) => (long)layer.Inputs * layer.Outputs;

        private static GpuView<float> Weight(NetworkLayer layer, GpuView<float> parameters) =>
            parameters.Slice(layer.WeightOffset, WeightLength(layer));

        private GpuView<float> Weights(BufferView weights) => backend.View(weights, shape.ParametersLength);

        private static GpuView<float> From(GpuView<float> view, long start) => view.Slice(start, view.Length - start);

        private static long[] Offsets(IEnumerable<int> lengths)
        {
            List<long> offsets = [0];
            foreach (int length in lengths)
            {
                offsets.Add(offsets[^1] + length);
            }

            return [.. offsets];
        }

        /// <summary>The arrays of a pass, or their gradients: the input, the inner ones, the output.</summary>
        private readonly struct Arrays(
            LayeredNetwork network, ImageShape image, GpuView<float> input, GpuView<float> inner, GpuView<float> output)
        {
            public GpuView<float> this[int array] =>
                array == 0 ? input
                : array == network._plan.Output ? output
                : inner.Slice(network._offsets[array] * image.Pixels, (long)network._plan.Widths[array] * image.Pixels);

            /// <summary>The distance of rows.</summary>
            public int StrideOf(int array) => array == 0 ? image.Channels : network._plan.Widths[array];
        }
    }
}
