using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>Packed weights, affine maps and inverses of a whole model: everything derived only from the weights.</summary>
/// <remarks>
/// With shared networks the packed weights of the coupling networks, by far the largest part, take turns in one slot and
/// are packed again at each use: memory then does not grow with depth.
/// </remarks>
internal sealed class PreparedWeights : IDisposable
{
    private readonly LayerContext _context;
    private readonly Arena _arena = new();
    private readonly Dictionary<object, ArenaRegion> _slots = new(ReferenceEqualityComparer.Instance);
    private readonly List<IFlowLayer> _layers = [];
    private readonly List<FlowStep> _steps = [];
    private readonly bool _sharesNetworks;
    private readonly IRecording? _assembly;

    /// <summary>Lays out the derived weights and allocates them, unless only their size is asked for.</summary>
    /// <param name="lowered">The architecture.</param>
    /// <param name="context">Device and weights.</param>
    /// <param name="training">The memory mode of a training plan; null for inference. Training that stores activations
    /// needs no inverse, and training that inverts packs each network when its turn comes.</param>
    /// <param name="allocate">False to lay out only.</param>
    public PreparedWeights(
        LoweredFlow lowered, in LayerContext context, MemoryMode? training, bool allocate = true)
    {
        _context = context with { SkipsInverse = training == MemoryMode.Store };
        _sharesNetworks = training == MemoryMode.Invert;
        IBackend backend = context.Backend;
        foreach (LayerGroup group in lowered.Levels.SelectMany(level => level))
        {
            if (group is SingleLayer { Layer: IFlowLayer layer })
            {
                _layers.Add(layer);
                _slots.Add(layer, _arena.Reserve("prepared layers", layer.PreparedLength(backend)));
                continue;
            }

            foreach (FlowStep step in ((StepRun)group).Steps)
            {
                _steps.Add(step);
                _slots.Add(step, _arena.Reserve("affine maps", PixelAffineMap.LengthFor(step.Channels)));
                long length = step.Network.PreparedLength(backend, backward: training is not null);
                _slots.Add(
                    step.Network,
                    _sharesNetworks ? _arena.Share("packed weights", length) : _arena.Reserve("packed weights", length));
            }
        }

        if (allocate)
        {
            _arena.Allocate(backend, "what is derived from the weights");
            _assembly = _steps.Count == 0
                ? null
                : backend.PixelAffine.AssembleAll(
                    [.. _steps.Select(step => new PixelAffineAssembly(step.AffineParameters(_context), Map(step)))],
                    inverse: !_context.SkipsInverse);
        }
    }

    public IEnumerable<(string Name, long Length)> Summary => _arena.Summary;

    /// <summary>Derives everything that has a place of its own; again after the weights change.</summary>
    public void Refresh()
    {
        foreach (IFlowLayer layer in _layers)
        {
            layer.Prepare(_context with { Prepared = Layer(layer) });
        }

        _assembly?.Run();
        foreach (FlowStep step in _sharesNetworks ? [] : _steps)
        {
            step.Network.Prepare(_context with { Prepared = _slots[step.Network].View });
        }
    }

    public BufferView Layer(IFlowLayer layer) => _slots[layer].View;

    public PixelAffineMap Map(FlowStep step) => new(step.Channels, _slots[step].View);

    /// <summary>The packed weights of a step's network; valid until another's are asked for if networks share.</summary>
    public BufferView Network(FlowStep step)
    {
        BufferView slot = _slots[step.Network].View;
        if (_sharesNetworks)
        {
            slot = slot.Slice(0, step.Network.PreparedLength(_context.Backend));
            step.Network.Prepare(_context with { Prepared = slot });
        }

        return slot;
    }

    public void Dispose()
    {
        _assembly?.Dispose();
        _arena.Dispose();
    }
}
