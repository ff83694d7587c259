using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>A layer that nothing fuses. It recomputes its input, or keeps what it says it needs.</summary>
internal sealed class LayerStage : PlanStage
{
    private readonly IFlowLayer _layer;
    private readonly LayerContext _context;
    private readonly PreparedWeights _prepared;
    private readonly ArenaRegion _workspace;
    private readonly ArenaRegion _condition;
    private readonly ArenaRegion? _kept;

    public LayerStage(
        IFlowLayer layer,
        ImageShape input,
        in LayerContext context,
        PreparedWeights prepared,
        Arena arena,
        ArenaRegion condition,
        MemoryMode? training)
        : base(input, layer.OutputShape(input))
    {
        _layer = layer;
        _context = context;
        _prepared = prepared;
        _condition = condition;
        _workspace = arena.Share("workspace", layer.WorkspaceLength(context.Backend, input, training is not null));
        long kept = training is MemoryMode mode
            ? layer.KeptLength(context.Backend, input, mode == MemoryMode.Store)
            : 0;
        _kept = kept > 0 ? arena.Reserve("kept values", kept) : null;
    }

    private LayerContext Context => _context with
    {
        Prepared = _prepared.Layer(_layer),
        Workspace = _workspace.View,
        Kept = _kept?.View ?? default,
        Condition = _condition.View,
    };

    public override void Forward(BufferView x, BufferView y, BufferView logDet) =>
        _layer.Forward(Context, Input, x, y, logDet);

    public override void Inverse(BufferView y, BufferView x) => _layer.Inverse(Context, Input, y, x);

    public override void Backward(
        BufferView y, BufferView dy, BufferView dLogDet, BufferView x, BufferView dx, Action? passed)
    {
        _layer.Backward(Context, Input, y, dy, dLogDet, x, dx);
        passed?.Invoke();
    }
}
