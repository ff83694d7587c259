using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Models;

/// <summary>A plan of a batch with its backward pass, to the data, the parameters and the condition.</summary>
internal sealed class GradientPlan : IDisposable
{
    private readonly Model _model;
    private readonly Arena _arena = new();
    private readonly ArenaRegion _gradients;
    private readonly ArenaRegion _dLogProb;
    private readonly ArenaRegion? _dCondition;
    private readonly PreparedWeights _prepared;
    private readonly IRecording _backward;

    /// <summary>Lays out the memory of both passes and allocates it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images of a pass.</param>
    /// <param name="memory">Where activations come from; null for <see cref="MemoryMode.Store"/> where it fits half the
    /// free memory.</param>
    /// <exception cref="FlowException">The batch is out of range, or memory is short.</exception>
    public GradientPlan(Model model, int batch, MemoryMode? memory)
    {
        model.Flow.RequireBatch(batch);
        _model = model;
        IBackend backend = model.Backend;
        int conditions = model.Flow.ConditionLength;
        _gradients = _arena.Reserve("gradients", model.Flow.Parameters.Length);
        _dLogProb = _arena.Reserve("scalars", batch);
        _dCondition = conditions > 0 ? _arena.Reserve("scalars", (long)batch * conditions) : null;
        _arena.Allocate(backend, "the gradient");
        LayerContext context = model.Context with
        {
            Gradients = _gradients.View,
            ConditionGradient = ConditionGradient,
        };
        LoweredFlow lowered = model.Lowered;
        MemoryMode mode = memory ?? MemoryPlanner.Choose(lowered, context, batch);
        _prepared = new PreparedWeights(lowered, context, mode);
        Plan = new FlowPlan(lowered, context, _prepared, batch, mode);
        _backward = backend.Record(() =>
        {
            backend.Fill(_gradients.View, 0);
            if (_dCondition is not null)
            {
                backend.Fill(ConditionGradient, 0);
            }

            Plan.Backward(_dLogProb.View, _dLogProb.View);
        });
    }

    /// <summary>The passes.</summary>
    public FlowPlan Plan { get; }

    /// <summary>The weights, by <see cref="Model.WeightsVersion"/>, that the plan was prepared for; -1 for none.</summary>
    public long WeightsVersion { get; private set; } = -1;

    /// <summary>The gradient of the log densities, (B), written before <see cref="Backward"/>.</summary>
    public BufferView LogProbGradient => _dLogProb.View;

    /// <summary>That of the parameters, after it.</summary>
    public BufferView ParameterGradient => _gradients.View;

    /// <summary>That of the conditions, (B, N), after it; empty where the model has none.</summary>
    public BufferView ConditionGradient => _dCondition?.View ?? default;

    /// <summary>Prepares the weights as they are now, where they have changed.</summary>
    public void Refresh()
    {
        if (WeightsVersion != _model.WeightsVersion)
        {
            _prepared.Refresh();
            WeightsVersion = _model.WeightsVersion;
        }
    }

    /// <summary>The gradients of Σ_b g_b LogProb_b; after a forward pass.</summary>
    public void Backward() => _backward.Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        _backward.Dispose();
        Plan.Dispose();
        _prepared.Dispose();
        _arena.Dispose();
    }
}
