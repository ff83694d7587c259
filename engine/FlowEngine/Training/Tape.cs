using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>A forward pass that can be differentiated: for optimizers and automatic differentiation outside.</summary>
/// <remarks>
/// <see cref="Backward"/> follows <see cref="Forward"/>, once, before the weights change. One thread at a time; the
/// model can be used for inference meanwhile.
/// </remarks>
public sealed class Tape : IDisposable
{
    private readonly Model _model;
    private readonly IBackend _backend;
    private readonly Arena _arena = new();
    private readonly ArenaRegion _gradients;
    private readonly ArenaRegion _dLogProb;
    private readonly PreparedWeights _prepared;
    private readonly FlowPlan _plan;
    private readonly IRecording _backward;
    private long _preparedVersion = -1;
    private bool _canGoBack;

    /// <summary>Lays out the memory of both passes and allocates it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images of a pass.</param>
    /// <param name="memory">Where activations come from; null for <see cref="MemoryMode.Store"/> where it fits half the
    /// free memory.</param>
    /// <exception cref="FlowException">The batch is out of range, or memory is short.</exception>
    public Tape(Model model, int batch, MemoryMode? memory)
    {
        model.Flow.RequireBatch(batch);
        _model = model;
        _backend = model.Backend;
        Batch = batch;
        _gradients = _arena.Reserve("gradients", model.Flow.Parameters.Length);
        _dLogProb = _arena.Reserve("scalars", batch);
        _arena.Allocate(_backend, "the gradient");
        LayerContext context = model.Context with { Gradients = _gradients.View };
        LoweredFlow lowered = model.Lowered;
        MemoryMode mode = memory ?? MemoryPlanner.Choose(lowered, context, batch);
        _prepared = new PreparedWeights(lowered, context, mode);
        _plan = new FlowPlan(lowered, context, _prepared, batch, mode);
        _backward = _backend.Record(() =>
        {
            _backend.Fill(_gradients.View, 0);
            _plan.Backward(_dLogProb.View, _dLogProb.View);
        });
    }

    /// <summary>Images of a pass.</summary>
    public int Batch { get; }

    /// <summary>Dimensions of one image, D.</summary>
    public int Dims => _model.Flow.Dims;

    /// <summary>Length of the parameters' gradient.</summary>
    public long ParametersLength => _model.Flow.Parameters.Length;

    /// <summary>Log densities of images scaled to [-0.5, 0.5), in nats.</summary>
    /// <param name="images">(B, H, W, C), B = <see cref="Batch"/>.</param>
    /// <param name="logProb">(B), overwritten.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <exception cref="FlowException">A length is another, or the model is not initialized.</exception>
    public void Forward(
        ReadOnlySpan<float> images, Span<double> logProb, ReadOnlySpan<float> condition = default)
    {
        Require(nameof(images), images.Length, Batch * Dims);
        Require(nameof(logProb), logProb.Length, Batch);
        _model.RequireCondition(condition.Length, Batch);
        if (!_model.Config.IsInitialized)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, "the model is not initialized on data");
        }

        _model.Lease.EnterReadLock();
        try
        {
            _canGoBack = false;
            if (_preparedVersion != _model.WeightsVersion)
            {
                _prepared.Refresh();
                _preparedVersion = _model.WeightsVersion;
            }

            _model.WriteCondition(condition, 0, Batch, _plan.Condition);
            _backend.Write(images, _plan.Input);
            _plan.Forward();
            double[] logDet = new double[Batch];
            _backend.Read(_plan.LogPrior, logProb);
            _backend.Read(_plan.LogDet, logDet);
            for (int b = 0; b < Batch; b++)
            {
                logProb[b] += logDet[b];
            }

            _canGoBack = true;
        }
        finally
        {
            _model.Lease.ExitReadLock();
        }
    }

    /// <summary>The gradients of Σ_b g_b LogProb_b.</summary>
    /// <param name="dLogProb">g, (B).</param>
    /// <param name="dImages">(B, H, W, C), overwritten; empty if not wanted.</param>
    /// <param name="dParameters">Laid out as in <see cref="Model.ReadParameters"/>, overwritten; or empty.</param>
    /// <exception cref="FlowException">A length is another, or no forward pass with these weights came before.</exception>
    public void Backward(ReadOnlySpan<double> dLogProb, Span<float> dImages, Span<float> dParameters)
    {
        Require(nameof(dLogProb), dLogProb.Length, Batch);
        Require(nameof(dImages), dImages.Length, dImages.IsEmpty ? 0 : Batch * Dims);
        Require(nameof(dParameters), dParameters.Length, dParameters.IsEmpty ? 0 : ParametersLength);
        _model.Lease.EnterReadLock();
        try
        {
            if (!_canGoBack || _preparedVersion != _model.WeightsVersion)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    _canGoBack
                        ? "the weights have changed since the forward pass"
                        : "no forward pass came before, or it was differentiated already");
            }

            _canGoBack = false;
            _backend.Write(dLogProb, _dLogProb.View);
            _backward.Run();
            if (!dImages.IsEmpty)
            {
                _backend.Read(_plan.InputGradient, dImages);
            }

            if (!dParameters.IsEmpty)
            {
                _backend.Read(_gradients.View, dParameters);
            }
        }
        finally
        {
            _model.Lease.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _backward.Dispose();
        _plan.Dispose();
        _prepared.Dispose();
        _arena.Dispose();
    }

    private static void Require(string name, int length, long expected)
    {
        if (length != expected)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{name} has {length} values, expected {expected}");
        }
    }
}
