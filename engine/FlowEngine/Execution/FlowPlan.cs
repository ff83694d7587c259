using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Execution;

/// <summary>A flow lowered to operations for one batch size: its memory, laid out once, and its three passes.</summary>
/// <remarks>Running allocates nothing. One plan serves one caller at a time.</remarks>
internal sealed class FlowPlan : IDisposable
{
    private readonly IBackend _backend;
    private readonly Arena _arena = new();
    private readonly List<LevelPlan> _levels = [];
    private readonly ArenaRegion _input;
    private readonly ArenaRegion _condition;
    private readonly ArenaRegion? _dInput;
    private readonly ArenaRegion _logDet;
    private readonly ArenaRegion _logPrior;
    private readonly List<StepsStage> _steps = [];
    private readonly IRecording _forward;
    private readonly IRecording _logPriors;
    private IRecording? _assembly;
    private BufferView _assembled;
    private IRecording? _inverse;
    private double[] _temperatures = [];

    /// <summary>Lays out the memory and allocates it, unless only its size is asked for.</summary>
    /// <param name="lowered">The architecture.</param>
    /// <param name="context">Device, weights and, for training, gradients.</param>
    /// <param name="prepared">The derived weights.</param>
    /// <param name="batch">Images.</param>
    /// <param name="training">How the backward pass gets activations; null if it never runs.</param>
    /// <param name="allocate">False to lay out only.</param>
    public FlowPlan(
        LoweredFlow lowered,
        in LayerContext context,
        PreparedWeights prepared,
        int batch,
        MemoryMode? training,
        bool allocate = true)
    {
        Flow flow = lowered.Flow;
        flow.RequireBatch(batch);
        _backend = context.Backend;
        Shape = flow.InputShape(batch);
        _input = _arena.Reserve("values", Shape.Length);
        _condition = _arena.Reserve("conditions", (long)batch * flow.ConditionLength);
        _dInput = training is null ? null : _arena.Reserve("value gradients", Shape.Length);
        _logDet = _arena.Reserve("log densities", batch);
        _logPrior = _arena.Reserve("log densities", batch);
        ImageShape shape = Shape;
        for (int l = 0; l < flow.Levels.Count; l++)
        {
            List<PlanStage> stages = [];
            foreach (LayerGroup group in lowered.Levels[l])
            {
                if (group is StepRun run)
                {
                    StepsStage steps = new(
                        run, shape, context, prepared, _arena, _condition, training, opensLevel: stages.Count == 0);
                    stages.Add(steps);
                    _steps.Add(steps);
                }
                else
                {
                    IFlowLayer layer = ((SingleLayer)group).Layer;
                    stages.Add(new LayerStage(layer, shape, context, prepared, _arena, _condition, training));
                }

                shape = stages[^1].Output;
            }

            _levels.Add(new LevelPlan(flow.Levels[l], stages, context, _arena, _condition, training is not null));
            shape = flow.Levels[l].IsSplit ? shape.WithChannels(shape.Channels / 2) : shape;
        }

        _forward = _backend.Record(RunForward);
        _logPriors = _backend.Record(RunLogPriors);
        if (allocate)
        {
            LayerContext own = context;
            _arena.Allocate(
                _backend,
                $"a plan of {batch} images",
                free => MemoryPlanner.Advice(lowered, own, batch, training, free));
        }
    }

    /// <summary>The shape of the input.</summary>
    public ImageShape Shape { get; }

    /// <summary>x: written by the caller before <see cref="Forward"/>, by <see cref="Inverse"/> otherwise.</summary>
    public BufferView Input => _input.View;

    /// <summary>
    /// The condition of each datum, (B, N), written by the caller before every pass; empty where the model has none.
    /// </summary>
    public BufferView Condition => _condition.View;

    /// <summary>The gradient of the input, after <see cref="Backward"/>.</summary>
    public BufferView InputGradient => _dInput?.View ?? default;

    /// <summary>Σ LogDet of the layers, (B), nats.</summary>
    public BufferView LogDet => _logDet.View;

    /// <summary>log p(z), (B), nats.</summary>
    public BufferView LogPrior => _logPrior.View;

    /// <summary>The latents in level order, raw; or noise, before an <see cref="Inverse"/> with a temperature.</summary>
    public IEnumerable<BufferView> Latents => _levels.Select(level => level.Latent);

    /// <summary>Fills the latents with the noise that an <see cref="Inverse"/> with a temperature takes.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="firstIndex">The index of the first datum in its stream; the others follow.</param>
    public void DrawNoise(ulong seed, uint firstIndex)
    {
        uint[] indices = [.. Enumerable.Range(0, Shape.Batch).Select(i => firstIndex + (uint)i)];
        for (int l = 0; l < _levels.Count; l++)
        {
            _levels[l].DrawNoise(new PhiloxKey(seed, (uint)RandomPurpose.Sample, (uint)l), indices);
        }
    }

    /// <summary>Bytes by name, largest first.</summary>
    public IEnumerable<(string Name, long Bytes)> Memory =>
        _arena.Summary.Select(entry => (entry.Name, entry.Length * ElementSize));

    /// <summary>Bytes in all.</summary>
    public long MemoryBytes => _arena.Length * ElementSize;

    private int ElementSize => _backend.ElementType == ElementType.Float64 ? sizeof(double) : sizeof(float);

    /// <summary>x to latents, LogDet and LogPrior.</summary>
    public void Forward() => _forward.Run();

    /// <summary>After a forward pass: LogPrior of the same latents under the conditions as they are now.</summary>
    public void LogPriors() => _logPriors.Run();

    /// <summary>After a forward pass: every latent becomes standard, as its prior has it.</summary>
    public void Standardize()
    {
        foreach (LevelPlan level in _levels)
        {
            level.Standardize();
        }
    }

    /// <summary>Latents to x.</summary>
    /// <param name="temperatures">
    /// Not empty: the latents are noise, to be scaled and put through the priors; one scale, or one for each level.
    /// </param>
    public void Inverse(ReadOnlySpan<double> temperatures)
    {
        // The temperatures are part of what is recorded.
        if (_inverse is null || !temperatures.SequenceEqual(_temperatures))
        {
            _inverse?.Dispose();
            _inverse = null;
            _temperatures = temperatures.ToArray();
            _inverse = _backend.Record(RunInverse);
        }

        _inverse.Run();
    }

    /// <summary>dLogDet and dLogPrior to the gradients of all parameters (+=) and of the input; after a forward pass.</summary>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dLogPrior">(B).</param>
    /// <param name="passed">Called after each prior and each layer or fused step, as <see cref="FinalGradients"/> counts them; null
    /// for nobody.</param>
    public void Backward(BufferView dLogDet, BufferView dLogPrior, Action? passed = null)
    {
        for (int l = _levels.Count - 1; l >= 0; l--)
        {
            (BufferView x, BufferView dx) = l > 0
                ? (_levels[l - 1].Kept, _levels[l - 1].KeptGradient)
                : (Input, InputGradient);
            _levels[l].Backward(dLogDet, dLogPrior, x, dx, passed);
        }

        if (_steps.Count > 0 && passed is null)
        {
            Assembly(dLogDet).Run();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _forward.Dispose();
        _logPriors.Dispose();
        _inverse?.Dispose();
        _assembly?.Dispose();
        _arena.Dispose();
    }

    // All maps at once: a few launches on a GPU, all threads on the CPU.
    private IRecording Assembly(BufferView dLogDet)
    {
        if (_assembly is null || _assembled != dLogDet)
        {
            _assembly?.Dispose();
            _assembly = null;
            _assembly = _backend.PixelAffine.AssembleAllBackward(
                [.. _steps.SelectMany(steps => steps.Assemblies)], dLogDet);
            _assembled = dLogDet;
        }

        return _assembly;
    }

    private void RunForward()
    {
        _backend.Fill(LogDet, 0);
        BufferView x = Input;
        foreach (LevelPlan level in _levels)
        {
            level.Forward(x, LogDet);
            x = level.Kept;
        }

        RunLogPriors();
    }

    private void RunLogPriors()
    {
        _backend.Fill(LogPrior, 0);
        foreach (LevelPlan level in _levels)
        {
            level.LogPrior(LogPrior);
        }
    }

    private void RunInverse()
    {
        for (int l = _levels.Count - 1; l >= 0; l--)
        {
            double? temperature = _temperatures.Length switch
            {
                0 => null,
                1 => _temperatures[0],
                _ => _temperatures[l],
            };
            _levels[l].Inverse(l > 0 ? _levels[l - 1].Kept : Input, temperature);
        }
    }
}
