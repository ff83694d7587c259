using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private readonly Dictionary<(NetworkShape Network, MonotonicMap Map, int Dims, int Passing), SplineNetwork?> _splineNetworks = [];

    private SplineNetwork? GetSplineNetwork(NetworkShape network, MonotonicMap map, int dims, int passing)
    {
        using Lock.Scope queue = _queue.EnterScope();
        (NetworkShape, MonotonicMap, int, int) key = (network, map, dims, passing);
        if (!_splineNetworks.TryGetValue(key, out SplineNetwork? found))
        {
            found = CreateSplineNetwork(network, map, dims, passing);
            _splineNetworks.Add(key, found);
        }

        return found;
    }

    private SplineNetwork? CreateSplineNetwork(NetworkShape network, MonotonicMap map, int dims, int passing)
    {
        // ILGPU does not compile the kernels.
        if (_device.Info.Runner == GpuRunner.Ilgpu
            || map is not RationalQuadraticSpline spline
            || SplineNetworkMap.Of(network) is not { } maps)
        {
            return null;
        }

        SplineNetworkStages stages = new(network, maps, spline, dims, passing, _device.Info);
        return stages.Fits ? new SplineNetwork(this, network, spline, stages) : null;
    }

    private sealed class SplineNetwork : ISplineNetwork, IDisposable
    {
        private readonly GpuBackend _backend;
        private readonly NetworkShape _network;
        private readonly SplineNumbers _spline;
        private readonly SplineNetworkStages _stages;
        private readonly GpuBuffer<NetworkStage> _table;

        public SplineNetwork(
            GpuBackend backend, NetworkShape network, RationalQuadraticSpline spline, SplineNetworkStages stages)
        {
            _backend = backend;
            _network = network;
            _spline = spline.Numbers;
            _stages = stages;
            NetworkStage[] table = [.. stages.Stages];
            _table = backend._device.Allocate<NetworkStage>(table.Length);
            backend._stream.CopyToDevice<NetworkStage>(table, _table.View);
        }

        public void Forward(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView condition,
            BufferView x,
            BufferView y,
            BufferView logDet,
            BufferView output,
            BufferView kept)
        {
            using Lock.Scope queue = _backend._queue.EnterScope();
            GpuView<float> nowhere = _backend._partials.OfLength(2);
            SplineNetworkKernels.Forward(
                _backend._stream,
                GridOf(shape),
                _backend.View(x, shape.Length),
                Condition(condition, shape),
                _backend.View(weights.Prepared, _network.ParametersLength),
                _table.View,
                _backend.View(y, shape.Length),
                _backend.View(logDet, shape.Batch),
                kept.IsEmpty
                    ? nowhere.Slice(0, 1)
                    : _backend.View(output, (long)shape.Batch * _network.OutputChannels),
                kept.IsEmpty ? nowhere.Slice(1, 1) : _backend.View(kept, kept.Length),
                _stages.Sizes with { Batch = shape.Batch },
                _spline,
                kept.IsEmpty ? 0 : 1);
        }

        public void Inverse(
            ImageShape shape, in NetworkWeights weights, BufferView condition, BufferView y, BufferView x)
        {
            using Lock.Scope queue = _backend._queue.EnterScope();
            SplineNetworkKernels.Inverse(
                _backend._stream,
                GridOf(shape),
                _backend.View(y, shape.Length),
                Condition(condition, shape),
                _backend.View(weights.Prepared, _network.ParametersLength),
                _table.View,
                _backend.View(x, shape.Length),
                _stages.Sizes with { Batch = shape.Batch },
                _spline,
                _stages.Passes);
        }

        public void Dispose() => _table.Dispose();

        private LaunchGrid GridOf(ImageShape shape) =>
            new(Parts(shape.Batch, SplineNetworkKernels.Rows), DynamicSharedBytes: _stages.DynamicSharedBytes);

        private GpuView<float> Condition(BufferView condition, ImageShape shape) =>
            _backend.ViewOrNothing(condition, (long)shape.Batch * _network.Conditions);
    }
}
