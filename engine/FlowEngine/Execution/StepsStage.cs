using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>The K steps of a level, fused: networks, and between two networks one pass over the pixels.</summary>
/// <remarks>
/// In <see cref="MemoryMode.Store"/> the forward pass keeps each step's output, the network's output and its hidden
/// activations. In <see cref="MemoryMode.Invert"/> it keeps nothing but <see cref="Anchors"/>: the backward pass runs
/// each network again from the step's output, whose first half is the network's input, and undoes the step.
/// </remarks>
internal sealed class StepsStage : PlanStage
{
    private readonly IReadOnlyList<FlowStep> _steps;
    private readonly LayerContext _context;
    private readonly PreparedWeights _prepared;
    private readonly bool _stores;
    private readonly ArenaRegion _taps;
    private readonly ArenaRegion _workspace;
    private readonly ArenaRegion _condition;
    private readonly ArenaRegion? _dOutput;
    private readonly ArenaRegion? _keptOfOne;
    private readonly ArenaRegion? _start;
    private readonly List<ArenaRegion> _dMaps = [];
    private readonly ArenaRegion?[] _anchors;
    private readonly List<(ArenaRegion Coupled, ArenaRegion Output, ArenaRegion Kept)> _stored = [];

    public StepsStage(
        IReadOnlyList<FlowStep> steps,
        ImageShape shape,
        in LayerContext context,
        PreparedWeights prepared,
        Arena arena,
        ArenaRegion condition,
        MemoryMode? training)
        : base(shape, shape)
    {
        _steps = steps;
        _context = context;
        _prepared = prepared;
        _condition = condition;
        _stores = training == MemoryMode.Store;
        _anchors = new ArenaRegion?[steps.Count];
        IBackend backend = context.Backend;
        PixelNetwork network = steps[0].Network;
        ImageShape output = shape.WithChannels(network.OutputChannels);
        long keptLength = network.KeptLength(backend, shape);
        _taps = arena.Share("taps", backend.PixelNetworkTapsLength(network.Shape, shape));
        _workspace = arena.Share("workspace", network.ScratchLength(backend, shape, training is not null));
        if (training is null)
        {
            return;
        }

        _workspace = arena.Share("workspace", backend.PixelAffineWorkspaceLength(shape));
        foreach (FlowStep step in steps)
        {
            _dMaps.Add(arena.Reserve("affine maps", (long)step.Channels * (step.Channels + 1)));
        }

        _dOutput = arena.Share("network output gradient", output.Length);
        if (!_stores)
        {
            _keptOfOne = arena.Share("hidden activations", keptLength);
            int spacing = Anchors.Spacing(backend.NetworkPrecision);
            for (int k = spacing - 1; spacing > 0 && k < steps.Count - 1; k += spacing)
            {
                _anchors[k] = arena.Reserve("anchors", shape.Length);
            }

            return;
        }

        _start = arena.Reserve("values", shape.Length);
        foreach (FlowStep step in steps)
        {
            _stored.Add((
                arena.Reserve("values", shape.Length),
                arena.Reserve("network outputs", output.Length),
                arena.Reserve("hidden activations", keptLength)));
        }
    }

    /// <summary>The assemblies that turn what <see cref="Backward"/> leaves of each step's map into gradients.</summary>
    public IEnumerable<PixelAffineAssembly> Assemblies => _steps.Select((step, k) => new PixelAffineAssembly(
        step.AffineParameters(_context),
        default,
        Input.PixelsPerImage,
        DMatrix(k),
        DOffset(k),
        step.AffineGradients(_context)));

    private IBackend Backend => _context.Backend;

    private LayerContext NetworkContext => _context with { Workspace = _workspace.View, Condition = _condition.View };

    public override void Forward(BufferView x, BufferView y, BufferView logDet)
    {
        if (_start is not null)
        {
            Backend.Copy(x, _start.View);
        }

        Backend.PixelAffineForward(Input, _prepared.Map(_steps[0]), x, y, logDet);
        for (int k = 0; k < _steps.Count; k++)
        {
            FlowStep step = _steps[k];
            BufferView weights = _prepared.Network(step);
            (BufferView coupled, BufferView output, BufferView kept) = _stores
                ? (_stored[k].Coupled.View, _stored[k].Output.View, _stored[k].Kept.View)
                : (_anchors[k]?.View ?? default, default, default);
            RunNetwork(step, weights, y, kept);
            PixelAffineMap next = k + 1 < _steps.Count ? _prepared.Map(_steps[k + 1]) : default;
            Backend.PixelStageForward(
                step.Coupling.Kind, step.Network.Shape, Input, weights, Taps(step), y, next, output, coupled, y, logDet);
        }
    }

    public override void Inverse(BufferView y, BufferView x)
    {
        BufferView value = y;
        for (int k = _steps.Count - 1; k >= 0; k--)
        {
            FlowStep step = _steps[k];
            BufferView weights = _prepared.Network(step);
            RunNetwork(step, weights, value, default);
            Backend.PixelStageInverse(
                step.Coupling.Kind, step.Network.Shape, Input, weights, Taps(step), value, _prepared.Map(step), x);
            value = x;
        }
    }

    public override void Backward(BufferView y, BufferView dy, BufferView dLogDet, BufferView x, BufferView dx)
    {
        LayerContext context = NetworkContext;
        BufferView value = y;
        BufferView gradient = dy;
        for (int k = _steps.Count - 1; k >= 0; k--)
        {
            FlowStep step = _steps[k];
            BufferView weights = _prepared.Network(step);
            BufferView kept;
            BufferView previous;
            BufferView dOutput = _dOutput!.View.Slice(0, Input.WithChannels(step.Network.OutputChannels).Length);
            if (_stores)
            {
                kept = _stored[k].Kept.View;
                value = _stored[k].Coupled.View;
                previous = k > 0 ? _stored[k - 1].Coupled.View : _start!.View;
                Backend.CouplingBackward(
                    step.Coupling.Kind, Input, value, _stored[k].Output.View, gradient, dLogDet, dx, dOutput);
            }
            else
            {
                // The step's output is read while its input is written: they take turns in x and y.
                previous = value == x ? y : x;
                kept = _keptOfOne!.View.Slice(0, step.Network.KeptLength(Backend, Input));
                RunNetwork(step, weights, value, kept);
                Backend.PixelStageBackward(
                    step.Coupling.Kind,
                    step.Network.Shape,
                    Input,
                    weights,
                    Taps(step),
                    value,
                    _prepared.Map(step),
                    gradient,
                    dLogDet,
                    previous,
                    dx,
                    dOutput);
                previous = k > 0 && _anchors[k - 1] is ArenaRegion anchor ? anchor.View : previous;
            }

            step.Network.Backward(context with { Prepared = weights }, Input, value, kept, dOutput, dx);
            Backend.PixelAffineBackward(
                Input, _prepared.Map(step), previous, dx, dx, DMatrix(k), DOffset(k), _workspace.View);
            gradient = dx;
            value = previous;
        }

        // After the loop `value` is the stage's input, and may be in x already.
        if (value != x)
        {
            Backend.Copy(value, x);
        }
    }

    private BufferView DMatrix(int step) =>
        _dMaps[step].View.Slice(0, (long)Input.Channels * Input.Channels);

    private BufferView DOffset(int step) =>
        _dMaps[step].View.Slice((long)Input.Channels * Input.Channels, Input.Channels);

    private BufferView Taps(FlowStep step) =>
        _taps.View.Slice(0, Backend.PixelNetworkTapsLength(step.Network.Shape, Input));

    private void RunNetwork(FlowStep step, BufferView weights, BufferView x, BufferView kept) =>
        step.Network.ForwardToTaps(NetworkContext with { Prepared = weights }, Input, x, Taps(step), kept);
}
