using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>Visits the layers one by one, unfused, with the values that reach them: for initialization and reports.</summary>
internal sealed class LayerWalk : IDisposable
{
    private readonly Flow _flow;
    private readonly LayerContext _context;
    private readonly ImageShape _shape;
    private readonly Arena _arena = new();
    private readonly ArenaRegion[] _values;
    private readonly ArenaRegion _condition;
    private readonly ArenaRegion _logDet;
    private readonly ArenaRegion _prepared;
    private readonly ArenaRegion _workspace;

    public LayerWalk(Flow flow, in LayerContext context, int batch)
    {
        _flow = flow;
        _context = context;
        _shape = flow.InputShape(batch);
        _values = [_arena.Reserve("values", _shape.Length), _arena.Reserve("values", _shape.Length)];
        _condition = _arena.Reserve("conditions", (long)batch * flow.ConditionLength);
        _logDet = _arena.Reserve("log densities", batch);
        _prepared = _arena.Reserve("prepared", 0);
        _workspace = _arena.Reserve("workspace", 0);
        ImageShape shape = _shape;
        foreach (FlowLevel level in flow.Levels)
        {
            foreach (IFlowLayer layer in level.Layers)
            {
                _prepared.Length = Math.Max(_prepared.Length, layer.PreparedLength(context.Backend));
                _workspace.Length = Math.Max(
                    _workspace.Length, layer.WorkspaceLength(context.Backend, shape, backward: false));
                shape = layer.OutputShape(shape);
            }

            shape = level.IsSplit ? shape.WithChannels(shape.Channels / 2) : shape;
        }

        _arena.Allocate(context.Backend, $"a pass over {batch} images layer by layer");
    }

    /// <summary>Sees a layer before and after its forward pass.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="context">Its context, prepared.</param>
    /// <param name="input">The shape of x.</param>
    /// <param name="x">What reached it.</param>
    /// <param name="y">What it made.</param>
    /// <returns>False to stop.</returns>
    public delegate bool Visitor(IFlowLayer layer, in LayerContext context, ImageShape input, BufferView x, BufferView y);

    /// <summary>Where the first layer's input goes before <see cref="Run"/>.</summary>
    public BufferView Input => _values[0].View;

    /// <summary>Where the condition of each datum goes before <see cref="Run"/>, (B, N).</summary>
    public BufferView Condition => _condition.View;

    /// <summary>Σ LogDet of the layers visited.</summary>
    public BufferView LogDet => _logDet.View;

    /// <summary>Runs every layer forward.</summary>
    /// <param name="initialize">True to initialize each layer on what reaches it.</param>
    /// <param name="visit">Called after each layer; null for none.</param>
    public void Run(bool initialize, Visitor? visit)
    {
        IBackend backend = _context.Backend;
        LayerContext context = _context with
        {
            Prepared = _prepared.View,
            Workspace = _workspace.View,
            Condition = Condition,
        };
        backend.Fill(LogDet, 0);
        int current = 0;
        ImageShape shape = _shape;
        foreach (FlowLevel level in _flow.Levels)
        {
            foreach (IFlowLayer layer in level.Layers)
            {
                ImageShape output = layer.OutputShape(shape);
                BufferView x = _values[current].View.Slice(0, shape.Length);
                BufferView y = _values[1 - current].View.Slice(0, output.Length);
                if (initialize)
                {
                    layer.Initialize(context, shape, x);
                }

                layer.Prepare(context);
                layer.Forward(context, shape, x, y, LogDet);
                if (visit is not null && !visit(layer, context, shape, x, y))
                {
                    return;
                }

                current = 1 - current;
                shape = output;
            }

            if (level.IsSplit)
            {
                ImageShape half = shape.WithChannels(shape.Channels / 2);
                BufferView kept = _values[1 - current].View.Slice(0, half.Length);
                backend.CopyChannels(_values[current].View, shape, 0, kept, half.Channels, 0, half.Channels);
                current = 1 - current;
                shape = half;
            }
        }
    }

    public void Dispose() => _arena.Dispose();
}
