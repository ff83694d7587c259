using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>The diagonal scaling layer of NICE (Dinh 2014, section 3.3): y = e^ls x.</summary>
/// <remarks>
/// x, y: (B, H, W, C); logDet[b] += P Σ_c ls. It is <see cref="IBackend.BatchNormForward"/> with mean 0, deviation 1
/// and no bias.
/// </remarks>
public sealed class ChannelScale : IFlowLayer
{
    private readonly int _channels;
    private readonly Parameter _logScale;

    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameter goes.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">The channel count C.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="channels"/> is not positive.</exception>
    public ChannelScale(ParameterSet parameters, string name, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        Name = name;
        _channels = channels;
        _logScale = parameters.Add($"{name}.log_scale", [channels]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(input.Channels, _channels);
        return input;
    }

    /// <summary>Zeros and ones: bias and mean, and deviation.</summary>
    /// <param name="backend">Where the layer runs.</param>
    public long PreparedLength(IBackend backend) => 2L * _channels;

    /// <inheritdoc/>
    public void Prepare(in LayerContext context)
    {
        context.Backend.Fill(Zeros(context), 0);
        context.Backend.Fill(context.Prepared.Slice(_channels, _channels), 1);
    }

    /// <summary>The gradient of a bias that there is not.</summary>
    /// <param name="backend">Where the layer runs.</param>
    /// <param name="input">The shape of x.</param>
    /// <param name="backward">True if <see cref="Backward"/> runs too.</param>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward) => backward ? _channels : 0;

    /// <summary>Makes the mean square of each channel 1, or less where it is below 10⁻⁴.</summary>
    /// <param name="context">Weights to write.</param>
    /// <param name="input">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The batch as it reaches this layer.</param>
    public void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
        // What is all but constant in one batch need not be so in the next.
        const double Floor = 1e-4;

        IBackend backend = context.Backend;
        using DeviceBuffer mean = backend.Allocate(_channels);
        double[] means = new double[_channels];
        double[] logScales = new double[_channels];
        backend.ActNormStatistics(input, x, mean.View, context.Value(_logScale));
        backend.Read(mean.View, means);
        backend.Read(context.Value(_logScale), logScales);
        for (int c = 0; c < _channels; c++)
        {
            logScales[c] = -0.5 * Math.Log((means[c] * means[c]) + (logScales[c] * logScales[c]) + Floor);
        }

        backend.Write(logScales, context.Value(_logScale));
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet) =>
        context.Backend.BatchNormForward(input, Parameters(context), x, y, logDet);

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.BatchNormInverse(input, Parameters(context), y, x);

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
        Inverse(context, input, y, x);
        BufferView dBias = context.Workspace.Slice(0, _channels);
        context.Backend.Fill(dBias, 0);
        context.Backend.BatchNormBackward(
            input,
            Parameters(context),
            throughStatistics: false,
            x,
            dy,
            dLogDet,
            dx,
            dBias,
            context.Gradient(_logScale));
    }

    private BufferView Zeros(in LayerContext context) => context.Prepared.Slice(0, _channels);

    private BatchNormParameters Parameters(in LayerContext context) =>
        new(
            Zeros(context),
            context.Value(_logScale),
            Zeros(context),
            context.Prepared.Slice(_channels, _channels),
            Floor: 0);
}
