using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Priors;

namespace FlowEngine.Execution;

/// <summary>One level over its buffers: stages, then the latent leaves.</summary>
internal sealed class LevelPlan
{
    private readonly FlowLevel _level;
    private readonly LayerContext _context;
    private readonly IReadOnlyList<PlanStage> _stages;
    private readonly ImageShape _latentShape;
    private readonly int _priorBatch;
    private readonly ArenaRegion _workspace;
    private readonly ArenaRegion _condition;
    private readonly ArenaRegion[] _values;
    private readonly ArenaRegion[] _gradients = [];
    private readonly ArenaRegion? _kept;
    private readonly ArenaRegion? _dKept;
    private readonly ArenaRegion? _dLatent;
    private readonly ArenaRegion? _dPrior;
    private readonly ArenaRegion? _latent;
    private readonly ArenaRegion _prior;

    public LevelPlan(
        FlowLevel level,
        IReadOnlyList<PlanStage> stages,
        in LayerContext context,
        Arena arena,
        ArenaRegion condition,
        bool training)
    {
        _condition = condition;
        _level = level;
        _context = context;
        _stages = stages;
        Output = stages[^1].Output;
        _latentShape = level.IsSplit ? Output.WithChannels(Output.Channels / 2) : Output;
        _priorBatch = level.Prior.IsConditional ? Output.Batch : 1;
        long priorLength = Kind == PriorKind.Logistic ? 0 : PriorShape.Length * 2;
        long valueLength = stages.Max(stage => Math.Max(stage.Input.Length, stage.Output.Length));
        _values = Buffers("values");
        _kept = level.IsSplit ? arena.Reserve("values", _latentShape.Length) : null;
        _latent = level.IsSplit ? arena.Reserve("latents", _latentShape.Length) : null;
        _prior = arena.Reserve("priors", priorLength);
        _workspace = arena.Share("workspace", level.Prior.WorkspaceLength(context.Backend, PriorShape));
        if (training)
        {
            _gradients = Buffers("value gradients");
            _dKept = level.IsSplit ? arena.Reserve("value gradients", _latentShape.Length) : null;
            _dLatent = level.IsSplit ? arena.Reserve("value gradients", _latentShape.Length) : null;
            _dPrior = arena.Reserve("value gradients", priorLength);
        }

        // One stage's output is the next one's input.
        ArenaRegion[] Buffers(string name) =>
            [.. Enumerable.Range(0, Math.Min(2, stages.Count)).Select(_ => arena.Reserve(name, valueLength))];
    }

    /// <summary>The shape after the stages.</summary>
    public ImageShape Output { get; }

    /// <summary>The half that goes on to the next level; empty on the last.</summary>
    public BufferView Kept => _kept?.View ?? default;

    /// <summary>The gradient of <see cref="Kept"/>, which the next level's backward pass writes.</summary>
    public BufferView KeptGradient => _dKept?.View ?? default;

    /// <summary>z of this level, raw; of the last level all that the stages give. Other passes destroy it.</summary>
    public BufferView Latent => _latent?.View ?? Value(_stages.Count - 1);

    private IBackend Backend => _context.Backend;

    private PriorKind Kind => _level.Prior.Kind;

    private ImageShape PriorShape => _latentShape with { Batch = _priorBatch };

    private LayerContext PriorContext => _context with { Workspace = _workspace.View, Condition = _condition.View };

    /// <summary>x to the latent and the kept half.</summary>
    public void Forward(BufferView x, BufferView logDet)
    {
        BufferView y = x;
        for (int s = 0; s < _stages.Count; s++)
        {
            BufferView output = Value(s);
            _stages[s].Forward(y, output, logDet);
            y = output;
        }

        if (_level.IsSplit)
        {
            int half = _latentShape.Channels;
            Backend.CopyChannels(y, Output, 0, Kept, half, 0, half);
            Backend.CopyChannels(y, Output, half, Latent, half, 0, half);
        }
    }

    /// <summary>The log density of the latent, raw, under its prior.</summary>
    public void LogPrior(BufferView logPrior)
    {
        switch (Kind)
        {
            case PriorKind.Logistic:
                Backend.LogisticLogProb(_latentShape, Latent, logPrior);
                break;
            case PriorKind.Uniform:
                Backend.UniformLogProb(_latentShape, Latent, Prior(), logPrior);
                break;
            default:
                Backend.GaussianLogProb(_latentShape, Latent, Prior(), _priorBatch, logPrior);
                break;
        }
    }

    /// <summary>After a forward pass: the latent becomes (z - m) e^(-q) of a Gaussian prior; others are standard as they are.</summary>
    public void Standardize()
    {
        if (Kind == PriorKind.Gaussian)
        {
            Backend.GaussianStandardize(_latentShape, Latent, _prior.View, _priorBatch, Latent);
        }
    }

    /// <summary>Fills the latent with the noise its prior samples from.</summary>
    public void DrawNoise(PhiloxKey key, ReadOnlySpan<uint> indices)
    {
        if (Kind == PriorKind.Gaussian)
        {
            Backend.PhiloxNormal(key, indices, _latentShape.Dims, Latent);
        }
        else
        {
            Backend.PhiloxUniform(key, indices, _latentShape.Dims, Latent);
        }
    }

    /// <summary>From the latent, and the kept half that the next level's inverse wrote, to x.</summary>
    /// <param name="x">Overwritten.</param>
    /// <param name="temperature">Not null: the latent is noise, to be scaled by it and put through the prior.</param>
    public void Inverse(BufferView x, double? temperature)
    {
        if (temperature is double scale)
        {
            Sample(scale);
        }

        BufferView y = Value(_stages.Count - 1);
        if (_level.IsSplit)
        {
            int half = _latentShape.Channels;
            Backend.CopyChannels(Kept, _latentShape, 0, y, Output.Channels, 0, half);
            Backend.CopyChannels(Latent, _latentShape, 0, y, Output.Channels, half, half);
        }

        for (int s = _stages.Count - 1; s >= 0; s--)
        {
            BufferView input = s > 0 ? Value(s - 1) : x;
            _stages[s].Inverse(y, input);
            y = input;
        }
    }

    /// <summary>
    /// From dLogDet and dLogPrior, and <see cref="KeptGradient"/>, to the gradient of x; x is recomputed.
    /// </summary>
    public void Backward(BufferView dLogDet, BufferView dLogPrior, BufferView x, BufferView dx, Action? passed)
    {
        BufferView dy = Gradient(_stages.Count - 1);
        BufferView dLatent = _dLatent?.View ?? dy;
        switch (Kind)
        {
            case PriorKind.Logistic:
                Backend.LogisticBackward(_latentShape, Latent, dLogPrior, dLatent);
                break;
            case PriorKind.Uniform:
                Backend.Fill(dLatent, 0);
                break;
            default:
                Backend.GaussianBackward(
                    _latentShape, Latent, _prior.View, _priorBatch, dLogPrior, dLatent, _dPrior!.View);
                _level.Prior.Backward(
                    PriorContext, PriorShape, Kept, _dPrior.View, _level.Prior.IsConditional ? KeptGradient : default);
                break;
        }

        passed?.Invoke();
        if (_level.IsSplit)
        {
            int half = _latentShape.Channels;
            Backend.CopyChannels(KeptGradient, _latentShape, 0, dy, Output.Channels, 0, half);
            Backend.CopyChannels(dLatent, _latentShape, 0, dy, Output.Channels, half, half);
        }

        BufferView y = Value(_stages.Count - 1);
        for (int s = _stages.Count - 1; s >= 0; s--)
        {
            (BufferView input, BufferView dInput) = s > 0 ? (Value(s - 1), Gradient(s - 1)) : (x, dx);
            _stages[s].Backward(y, dy, dLogDet, input, dInput, passed);
            (y, dy) = (input, dInput);
        }
    }

    // What the prior makes of the kept half or the condition.
    private BufferView Prior()
    {
        _level.Prior.Forward(PriorContext, PriorShape, Kept, _prior.View);
        return _prior.View;
    }

    // The noise becomes a latent.
    private void Sample(double temperature)
    {
        switch (Kind)
        {
            case PriorKind.Logistic:
                Backend.LogisticSample(_latentShape, Latent, temperature, Latent);
                break;
            case PriorKind.Uniform:
                Backend.UniformSample(_latentShape, Latent, Prior(), temperature, Latent);
                break;
            default:
                Backend.GaussianSample(_latentShape, Latent, Prior(), _priorBatch, temperature, Latent);
                break;
        }
    }

    private BufferView Value(int stage) => _values[stage % 2].View.Slice(0, _stages[stage].Output.Length);

    private BufferView Gradient(int stage) => _gradients[stage % 2].View.Slice(0, _stages[stage].Output.Length);
}
