using FlowEngine.Execution;
using FlowEngine.Kernels;
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
    private readonly GradientPlan _gradient;
    private bool _canGoBack;

    /// <summary>Lays out the memory of both passes and allocates it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images of a pass.</param>
    /// <param name="memory">Where activations come from; null for <see cref="MemoryMode.Store"/> where it fits half the
    /// free memory.</param>
    /// <exception cref="FlowException">The batch is out of range, or memory is short.</exception>
    public Tape(Model model, int batch, MemoryMode? memory)
    {
        _model = model;
        _backend = model.Backend;
        _gradient = new GradientPlan(model, batch, memory);
    }

    /// <summary>Images of a pass.</summary>
    public int Batch => Plan.Shape.Batch;

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
            _gradient.Refresh();
            _model.WriteCondition(condition, 0, Batch, Plan.Condition);
            _backend.Write(images, Plan.Input);
            Plan.Forward();
            double[] logDet = new double[Batch];
            _backend.Read(Plan.LogPrior, logProb);
            _backend.Read(Plan.LogDet, logDet);
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
            if (!_canGoBack || _gradient.WeightsVersion != _model.WeightsVersion)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    _canGoBack
                        ? "the weights have changed since the forward pass"
                        : "no forward pass came before, or it was differentiated already");
            }

            _canGoBack = false;
            _backend.Write(dLogProb, _gradient.LogProbGradient);
            _gradient.Backward();
            if (!dImages.IsEmpty)
            {
                _backend.Read(Plan.InputGradient, dImages);
            }

            if (!dParameters.IsEmpty)
            {
                _backend.Read(_gradient.ParameterGradient, dParameters);
            }
        }
        finally
        {
            _model.Lease.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gradient.Dispose();

    private FlowPlan Plan => _gradient.Plan;

    private static void Require(string name, int length, long expected)
    {
        if (length != expected)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{name} has {length} values, expected {expected}");
        }
    }
}
