using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>Batch normalization as a layer of a flow (Dinh 2017, section 3.7; Papamakarios 2017, section 3.5).</summary>
/// <remarks>
/// <para>
/// x, y: (B, H, W, C). While a model is trained the mean μ and deviation σ are those of the batch, and the gradient
/// goes through them; a hundredth of the way per update, the running ones follow. Everywhere else, and for the
/// inverse, the running ones hold. Data-dependent initialization sets them to the first batch's.
/// </para>
/// <code>
/// Forward     y = e^ls (x - μ) / √(σ² + 10⁻⁵) + b;   logDet[b] += P Σ_c (ls - ½ ln(σ² + 10⁻⁵))
/// </code>
/// The backward pass stands at <see cref="IBackend.BatchNormBackward"/>.
/// </remarks>
public sealed class BatchNorm : IFlowLayer
{
    private const double Floor = 1e-5;
    private const double Rate = 0.01;

    private readonly int _channels;
    private readonly Parameter _bias;
    private readonly Parameter _logScale;
    private readonly Parameter _mean;
    private readonly Parameter _deviation;

    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">The channel count C.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="channels"/> is not positive.</exception>
    public BatchNorm(ParameterSet parameters, string name, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        Name = name;
        _channels = channels;
        _bias = parameters.Add($"{name}.bias", [channels]);
        _logScale = parameters.Add($"{name}.log_scale", [channels]);
        _mean = parameters.AddConstant($"{name}.mean", [channels], (_, length) => new double[length]);
        _deviation = parameters.AddConstant(
            $"{name}.deviation", [channels], (_, length) => [.. Enumerable.Repeat(1.0, length)]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(input.Channels, _channels);
        return input;
    }

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => 0;

    /// <inheritdoc/>
    public void Prepare(in LayerContext context)
    {
    }

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward) => 0;

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape input, bool store) => 2L * _channels;

    /// <inheritdoc/>
    public void Initialize(in LayerContext context, ImageShape input, BufferView x) =>
        context.Backend.ActNormStatistics(input, x, context.Value(_mean), context.Value(_deviation));

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        BatchNormParameters parameters = Parameters(context);
        if (IsOfBatch(context))
        {
            context.Backend.ActNormStatistics(input, x, parameters.Mean, parameters.Deviation);
        }

        context.Backend.BatchNormForward(input, parameters, x, y, logDet);
    }

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.BatchNormInverse(input, Parameters(context with { Kept = default }), y, x);

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context,
        ImageShape input,
        BufferView y,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx)
    {
        IBackend backend = context.Backend;
        BatchNormParameters parameters = Parameters(context);
        backend.BatchNormInverse(input, parameters, y, x);
        backend.BatchNormBackward(
            input,
            parameters,
            IsOfBatch(context),
            x,
            dy,
            dLogDet,
            dx,
            context.Gradient(_bias),
            context.Gradient(_logScale));
        if (IsOfBatch(context))
        {
            // A batch that is not finite moves nothing.
            backend.MoveTowards(context.Value(_mean), parameters.Mean, Rate);
            backend.MoveTowards(context.Value(_deviation), parameters.Deviation, Rate);
        }
    }

    private static bool IsOfBatch(in LayerContext context) => context.UsesBatchStatistics && !context.Kept.IsEmpty;

    private BatchNormParameters Parameters(in LayerContext context) =>
        IsOfBatch(context)
            ? new(
                context.Value(_bias),
                context.Value(_logScale),
                context.Kept.Slice(0, _channels),
                context.Kept.Slice(_channels, _channels),
                Floor)
            : new(
                context.Value(_bias),
                context.Value(_logScale),
                context.Value(_mean),
                context.Value(_deviation),
                Floor);
}
