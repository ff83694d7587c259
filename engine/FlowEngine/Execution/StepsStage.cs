using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>The K steps of a level, fused: networks, and between two networks one pass over the pixels.</summary>
/// <remarks>
/// In <see cref="MemoryMode.Store"/> the forward pass keeps each step's output, the network's output and its hidden
/// activations. In <see cref="MemoryMode.Invert"/> it keeps nothing but <see cref="Anchors"/>: the backward pass runs
/// each network again from the step's output, whose first half is the network's input, and undoes the step.
/// <para>A squeeze before the steps is no pass: the first affine map reads and writes x by its index.</para>
/// </remarks>
internal sealed class StepsStage : PlanStage
{
    private readonly IReadOnlyList<FlowStep> _steps;
    private readonly IPixelStage[] _stages;
    private readonly bool _squeezes;
    private readonly LayerContext _context;
    private readonly PreparedWeights _prepared;
    private readonly bool _stores;
    private readonly ArenaRegion _workspace;
    private readonly ArenaRegion _condition;
    private readonly ArenaRegion? _dOutput;
    private readonly ArenaRegion? _keptOfOne;
    private readonly ArenaRegion? _start;
    private readonly ArenaRegion? _inTurn;
    private readonly List<(ArenaRegion Matrix, ArenaRegion Offset)> _dMaps = [];
    private readonly ArenaRegion?[] _anchors;
    private readonly List<(ArenaRegion Coupled, ArenaRegion Output, ArenaRegion Kept)> _stored = [];

    /// <summary>Reserves the memory.</summary>
    /// <param name="run">The steps.</param>
    /// <param name="input">The shape of x.</param>
    /// <param name="context">Device, weights and, for training, gradients.</param>
    /// <param name="prepared">The derived weights.</param>
    /// <param name="arena">Where memory is reserved.</param>
    /// <param name="condition">Where the conditions of the batch are.</param>
    /// <param name="training">How the backward pass gets activations; null if it never runs.</param>
    /// <param name="opensLevel">True if x is still there when the backward pass comes.</param>
    public StepsStage(
        StepRun run,
        ImageShape input,
        in LayerContext context,
        PreparedWeights prepared,
        Arena arena,
        ArenaRegion condition,
        MemoryMode? training,
        bool opensLevel)
        : base(input, run.Squeeze?.OutputShape(input) ?? input)
    {
        IReadOnlyList<FlowStep> steps = run.Steps;
        ImageShape shape = Output;
        _steps = steps;
        _squeezes = run.Squeeze is not null;
        _context = context;
        _prepared = prepared;
        _condition = condition;
        _stores = training == MemoryMode.Store;
        _anchors = new ArenaRegion?[steps.Count];
        IBackend backend = context.Backend;
        _stages = [.. steps.Select(step => step.Network.Pixel(backend).Stage(step.Coupling.Kind))];
        Network network = steps[0].Network;
        ImageShape output = shape.WithChannels(network.OutputChannels);
        long keptLength = network.KeptLength(backend, shape);
        _workspace = arena.Share("workspace", network.WorkspaceLength(backend, shape, training is not null));
        if (training is null)
        {
            return;
        }

        _workspace = arena.Share("workspace", backend.PixelAffine.WorkspaceLength(shape));
        foreach (FlowStep step in steps)
        {
            _dMaps.Add((
                arena.Reserve("affine maps", (long)step.Channels * step.Channels),
                arena.Reserve("affine maps", step.Channels)));
        }

        _dOutput = arena.Share("network output gradient", output.Length);
        if (!_stores)
        {
            _keptOfOne = arena.Share("hidden activations", keptLength);
            _inTurn = steps.Count > 1 ? arena.Share("values", shape.Length) : null;
            int spacing = Anchors.Spacing(backend.NetworkPrecision);
            for (int k = spacing - 1; spacing > 0 && k < steps.Count - 1; k += spacing)
            {
                _anchors[k] = arena.Reserve("anchors", shape.Length);
            }

            return;
        }

        _start = opensLevel ? null : arena.Reserve("values", shape.Length);
        foreach (FlowStep step in steps)
        {
            _stored.Add((
                arena.Reserve("values", shape.Length),
                arena.Reserve("network outputs", output.Length),
                arena.Reserve("hidden activations", keptLength)));
        }
    }

    /// <summary>The assemblies that turn what <see cref="Backward"/> leaves of each step's map into gradients.</summary>
    public IEnumerable<PixelAffineAssembly> Assemblies => Enumerable.Range(0, _steps.Count).Select(Assembly);

    private IBackend Backend => _context.Backend;

    public override void Forward(BufferView x, BufferView y, BufferView logDet)
    {
        if (_start is not null)
        {
            Backend.Copy(x, _start.View);
        }

        Backend.PixelAffine.Forward(Output, Map(0), x, y, logDet);
        for (int k = 0; k < _steps.Count; k++)
        {
            (BufferView coupled, BufferView output, BufferView kept) = _stores
                ? (_stored[k].Coupled.View, _stored[k].Output.View, _stored[k].Kept.View)
                : (_anchors[k]?.View ?? default, default, default);
            LayerContext context = NetworkContext(k);
            Network network = _steps[k].Network;
            BufferView taps = network.ForwardToTaps(context, Output, y, kept);
            PixelAffineMap next = k + 1 < _steps.Count ? Map(k + 1) : default;
            _stages[k].Forward(Output, network.Weights(context), taps, y, next, output, coupled, y, logDet);
        }
    }

    public override void Inverse(BufferView y, BufferView x)
    {
        for (int k = _steps.Count - 1; k >= 0; k--)
        {
            LayerContext context = NetworkContext(k);
            Network network = _steps[k].Network;
            BufferView taps = network.ForwardToTaps(context, Output, y, default);
            _stages[k].Inverse(Output, network.Weights(context), taps, y, Map(k), k > 0 ? y : x);
        }
    }

    public override void Backward(
        BufferView y, BufferView dy, BufferView dLogDet, BufferView x, BufferView dx, Action? passed)
    {
        if (_start is not null)
        {
            Backend.Copy(_start.View, x);
        }

        BufferView value = y;
        for (int k = _steps.Count - 1; k >= 0; k--)
        {
            FlowStep step = _steps[k];
            LayerContext context = NetworkContext(k);
            BufferView kept;
            BufferView previous;
            BufferView dOutput = _dOutput!.View.Slice(0, Output.WithChannels(step.Network.OutputChannels).Length);
            if (_stores)
            {
                kept = _stored[k].Kept.View;
                value = _stored[k].Coupled.View;
                previous = k > 0 ? _stored[k - 1].Coupled.View : x;
                Backend.CouplingBackward(
                    step.Coupling.Kind, Output, value, _stored[k].Output.View, dy, dLogDet, dy, dOutput);
            }
            else
            {
                // The step's output is read while its input is written: two buffers take turns.
                previous = k == 0 ? x : value == y ? _inTurn!.View.Slice(0, Output.Length) : y;
                kept = _keptOfOne!.View.Slice(0, step.Network.KeptLength(Backend, Output));
                BufferView taps = step.Network.ForwardToTaps(context, Output, value, kept);
                _stages[k].Backward(
                    Output, step.Network.Weights(context), taps, value, Map(k), dy, dLogDet, previous, dy, dOutput);
                previous = k > 0 && _anchors[k - 1] is ArenaRegion anchor ? anchor.View : previous;
            }

            step.Network.Backward(context, Output, value, kept, dOutput, dy);
            Backend.PixelAffine.Backward(
                Output,
                Map(k),
                previous,
                dy,
                k > 0 ? dy : dx,
                _dMaps[k].Matrix.View,
                _dMaps[k].Offset.View,
                _workspace.View);
            if (passed is not null)
            {
                PixelAffineAssembly assembly = Assembly(k);
                Backend.PixelAffine.AssembleBackward(
                    assembly.Parameters,
                    assembly.PixelsPerImage,
                    assembly.DMatrix,
                    assembly.DOffset,
                    dLogDet,
                    assembly.Gradients);
                passed();
            }

            value = previous;
        }
    }

    private PixelAffineAssembly Assembly(int step) => new(
        _steps[step].AffineParameters(_context),
        default,
        Output.PixelsPerImage,
        _dMaps[step].Matrix.View,
        _dMaps[step].Offset.View,
        _steps[step].AffineGradients(_context));

    private PixelAffineMap Map(int step) =>
        _prepared.Map(_steps[step]) with { Squeezes = step == 0 && _squeezes };

    /// <summary>What a step's network runs with; its packed weights are valid until another's are asked for.</summary>
    private LayerContext NetworkContext(int step) => _context with
    {
        Prepared = _prepared.Network(_steps[step]),
        Workspace = _workspace.View,
        Condition = _condition.View,
    };
}
