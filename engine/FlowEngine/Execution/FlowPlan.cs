using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Models;

namespace FlowEngine.Execution;

/// <summary>A flow lowered to operations for one batch size: its memory, laid out once, and its three passes.</summary>
/// <remarks>Running allocates nothing. One plan serves one caller at a time.</remarks>
internal sealed class FlowPlan : IDisposable
{
    private readonly IBackend _backend;
    private readonly Arena _arena = new();
    private readonly List<LevelPlan> _levels = [];
    private readonly ArenaRegion _input;
    private readonly ArenaRegion? _dInput;
    private readonly ArenaRegion _logDet;
    private readonly ArenaRegion _logPrior;
    private readonly IRecording _forward;
    private IRecording? _inverse;
    private double? _temperature;

    /// <summary>Lays out the memory and allocates it, unless only its size is asked for.</summary>
    /// <param name="flow">The architecture.</param>
    /// <param name="context">Device, weights and, for training, gradients.</param>
    /// <param name="prepared">The derived weights.</param>
    /// <param name="groups">The layers as <see cref="Lower"/> grouped them.</param>
    /// <param name="batch">Images.</param>
    /// <param name="training">How the backward pass gets activations; null if it never runs.</param>
    /// <param name="allocate">False to lay out only.</param>
    public FlowPlan(
        Flow flow,
        in LayerContext context,
        PreparedWeights prepared,
        IReadOnlyList<IReadOnlyList<object>> groups,
        int batch,
        MemoryMode? training,
        bool allocate = true)
    {
        _backend = context.Backend;
        Shape = flow.InputShape(batch);
        _input = _arena.Reserve("values", Shape.Length);
        _dInput = training is null ? null : _arena.Reserve("value gradients", Shape.Length);
        _logDet = _arena.Reserve("log densities", batch);
        _logPrior = _arena.Reserve("log densities", batch);
        ImageShape shape = Shape;
        for (int l = 0; l < flow.Levels.Count; l++)
        {
            List<PlanStage> stages = [];
            foreach (object group in groups[l])
            {
                PlanStage stage = group is IFlowLayer layer
                    ? new LayerStage(layer, shape, context, prepared, _arena, training is not null)
                    : new StepsStage((List<FlowStep>)group, shape, context, prepared, _arena, training);
                stages.Add(stage);
                shape = stage.Output;
            }

            _levels.Add(new LevelPlan(flow.Levels[l], stages, context, _arena, training is not null));
            shape = flow.Levels[l].IsSplit ? shape.WithChannels(shape.Channels / 2) : shape;
        }

        _forward = _backend.Record(RunForward);
        if (allocate)
        {
            _arena.Allocate(_backend);
        }
    }

    /// <summary>The shape of the input.</summary>
    public ImageShape Shape { get; }

    /// <summary>x: written by the caller before <see cref="Forward"/>, by <see cref="Inverse"/> otherwise.</summary>
    public BufferView Input => _input.View;

    /// <summary>The gradient of the input, after <see cref="Backward"/>.</summary>
    public BufferView InputGradient => _dInput?.View ?? default;

    /// <summary>Σ LogDet of the layers, (B), nats.</summary>
    public BufferView LogDet => _logDet.View;

    /// <summary>log p(z), (B), nats.</summary>
    public BufferView LogPrior => _logPrior.View;

    /// <summary>The latents in level order, raw; or noise, before an <see cref="Inverse"/> with a temperature.</summary>
    public IEnumerable<BufferView> Latents => _levels.Select(level => level.Latent);

    /// <summary>Bytes by name, largest first.</summary>
    public IEnumerable<(string Name, long Bytes)> Memory =>
        _arena.Summary.Select(entry => (entry.Name, entry.Length * ElementSize));

    /// <summary>Bytes in all.</summary>
    public long MemoryBytes => _arena.Length * ElementSize;

    private int ElementSize => _backend.ElementType == ElementType.Float64 ? sizeof(double) : sizeof(float);

    /// <summary>Groups the layers of each level into what is run as one.</summary>
    /// <param name="flow">The architecture.</param>
    /// <param name="fuse">False to run every layer by itself.</param>
    public static IReadOnlyList<IReadOnlyList<object>> Lower(Flow flow, bool fuse = true) =>
        [.. flow.Levels.Select(level => fuse ? FlowStep.Group(level.Layers).ToList() : [.. level.Layers])];

    /// <summary>x to latents, LogDet and LogPrior.</summary>
    public void Forward() => _forward.Run();

    /// <summary>After a forward pass: every latent becomes standard, as its prior has it.</summary>
    public void Standardize()
    {
        foreach (LevelPlan level in _levels)
        {
            level.Standardize();
        }
    }

    /// <summary>Latents to x.</summary>
    /// <param name="temperature">Not null: the latents are noise, to be scaled by it and put through the priors.</param>
    public void Inverse(double? temperature)
    {
        // The temperature is part of what is recorded.
        if (_inverse is null || _temperature != temperature)
        {
            _inverse?.Dispose();
            _inverse = _backend.Record(() => RunInverse(temperature));
            _temperature = temperature;
        }

        _inverse.Run();
    }

    /// <summary>dLogDet and dLogPrior to the gradients of all parameters (+=) and of the input; after a forward pass.</summary>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dLogPrior">(B).</param>
    public void Backward(BufferView dLogDet, BufferView dLogPrior)
    {
        for (int l = _levels.Count - 1; l >= 0; l--)
        {
            (BufferView x, BufferView dx) = l > 0
                ? (_levels[l - 1].Kept, _levels[l - 1].KeptGradient)
                : (Input, InputGradient);
            _levels[l].Backward(dLogDet, dLogPrior, x, dx);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forward.Dispose();
        _inverse?.Dispose();
        _arena.Dispose();
    }

    private void RunForward()
    {
        _backend.Fill(LogDet, 0);
        _backend.Fill(LogPrior, 0);
        BufferView x = Input;
        for (int l = 0; l < _levels.Count; l++)
        {
            _levels[l].Forward(x, LogDet, LogPrior);
            x = _levels[l].Kept;
        }
    }

    private void RunInverse(double? temperature)
    {
        for (int l = _levels.Count - 1; l >= 0; l--)
        {
            _levels[l].Inverse(l > 0 ? _levels[l - 1].Kept : Input, temperature);
        }
    }
}
