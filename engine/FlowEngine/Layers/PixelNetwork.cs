using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>Glow's coupling network: 3x3 convolution, 1x1 convolution, zero-initialized 3x3 convolution.</summary>
/// <remarks>
/// The two hidden layers are followed by an ActNorm (openai/glow) or a bias (rosinality/glow-pytorch), then ReLU. The
/// formulae stand at <see cref="IBackend.PixelNetworkForward"/>'s part of the contract. Hidden weights start from
/// N(0, 0.05²), the last convolution from zero, so that every coupling starts as a fixed affine map.
/// </remarks>
public sealed class PixelNetwork : ICouplingNetwork
{
    private const double InitialDeviation = 0.05;

    private readonly Parameter _weight1;
    private readonly Parameter _bias1;
    private readonly Parameter? _logScale1;
    private readonly Parameter _weight2;
    private readonly Parameter _bias2;
    private readonly Parameter? _logScale2;
    private readonly Parameter _weight3;
    private readonly Parameter _bias3;
    private readonly Parameter _logScale3;

    /// <summary>Creates a network.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">The path of the coupling it belongs to.</param>
    /// <param name="shape">Its sizes.</param>
    public PixelNetwork(ParameterSet parameters, string name, PixelNetworkShape shape)
    {
        Shape = shape;
        int hidden = shape.Hidden;
        string norm = shape.InnerActNorm ? ".actnorm" : string.Empty;

        // Files store (out, in, 3, 3).
        _weight1 = parameters.Add($"{name}.conv1.weight", [hidden, 3, 3, shape.InputChannels], Normal, [0, 3, 1, 2]);
        _bias1 = parameters.Add($"{name}.conv1{norm}.bias", [hidden]);
        _logScale1 = shape.InnerActNorm ? parameters.Add($"{name}.conv1.actnorm.log_scale", [hidden]) : null;
        _weight2 = parameters.Add($"{name}.conv2.weight", [hidden, 1, 1, hidden], Normal, [0, 3, 1, 2]);
        _bias2 = parameters.Add($"{name}.conv2{norm}.bias", [hidden]);
        _logScale2 = shape.InnerActNorm ? parameters.Add($"{name}.conv2.actnorm.log_scale", [hidden]) : null;
        _weight3 = parameters.Add($"{name}.conv3.weight", [hidden, 3, 3, shape.OutputChannels], null, [3, 0, 1, 2]);
        _bias3 = parameters.Add($"{name}.conv3.bias", [shape.OutputChannels]);
        _logScale3 = parameters.Add($"{name}.conv3.log_scale", [shape.OutputChannels]);
    }

    /// <summary>The sizes.</summary>
    public PixelNetworkShape Shape { get; }

    /// <inheritdoc/>
    public int OutputChannels => Shape.OutputChannels;

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => PreparedLength(backend, backward: true);

    /// <summary>The elements <see cref="Prepare"/> fills, fewer where the backward pass is never run.</summary>
    /// <param name="backend">Where the network runs.</param>
    /// <param name="backward">False if only <see cref="Forward"/> runs.</param>
    public long PreparedLength(IBackend backend, bool backward) =>
        backend.PixelNetworkPreparedLength(Shape, backward);

    /// <inheritdoc/>
    public void Prepare(in LayerContext context) =>
        context.Backend.PixelNetworkPrepare(Shape, Values(context), context.Prepared);

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape image) => backend.PixelNetworkKeptLength(Shape, image);

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward) =>
        backend.PixelNetworkTapsLength(Shape, input) + backend.PixelNetworkWorkspaceLength(Shape, input, backward);

    /// <inheritdoc/>
    public void Initialize(in LayerContext context, ImageShape image, BufferView x, BufferView kept)
    {
        if (_logScale1 is null || _logScale2 is null)
        {
            return;
        }

        InitializeHidden(context, image, x, kept, 1, _bias1, _logScale1);
        InitializeHidden(context, image, x, kept, 2, _bias2, _logScale2);
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape image, BufferView x, BufferView output, BufferView kept)
    {
        long tapsLength = context.Backend.PixelNetworkTapsLength(Shape, image);
        BufferView taps = context.Workspace.Slice(0, tapsLength);
        BufferView scratch = context.Workspace.Slice(tapsLength, context.Workspace.Length - tapsLength);
        context.Backend.PixelNetworkForward(Shape, image, context.Prepared, x, taps, kept, scratch);
        context.Backend.PixelNetworkTapAdd(Shape, image, context.Prepared, taps, output);
    }

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape image, BufferView x, BufferView kept, BufferView dOutput, BufferView dx) =>
        context.Backend.PixelNetworkBackward(
            Shape, image, Values(context), context.Prepared, x, kept, dOutput, dx, Gradients(context), context.Workspace);

    private static double[] Normal(HostRandom random, int length)
    {
        double[] values = random.Normal(length);
        for (int i = 0; i < length; i++)
        {
            values[i] *= InitialDeviation;
        }

        return values;
    }

    private void InitializeHidden(
        in LayerContext context,
        ImageShape image,
        BufferView x,
        BufferView kept,
        int layer,
        Parameter bias,
        Parameter logScale)
    {
        IBackend backend = context.Backend;
        BufferView mean = context.Value(bias);
        BufferView deviation = context.Value(logScale);
        backend.Fill(mean, 0);
        backend.Fill(deviation, 0);
        Prepare(context);
        backend.PixelNetworkStatistics(
            Shape, image, context.Prepared, x, layer, mean, deviation, kept, context.Workspace);
        ActNorm.FromStatistics(backend, mean, deviation);
        Prepare(context);
    }

    private PixelNetworkParameters Values(in LayerContext context) =>
        new(
            context.Value(_weight1),
            context.Value(_bias1),
            _logScale1 is null ? default : context.Value(_logScale1),
            context.Value(_weight2),
            context.Value(_bias2),
            _logScale2 is null ? default : context.Value(_logScale2),
            context.Value(_weight3),
            context.Value(_bias3),
            context.Value(_logScale3));

    private PixelNetworkParameters Gradients(in LayerContext context) =>
        new(
            context.Gradient(_weight1),
            context.Gradient(_bias1),
            _logScale1 is null ? default : context.Gradient(_logScale1),
            context.Gradient(_weight2),
            context.Gradient(_bias2),
            _logScale2 is null ? default : context.Gradient(_logScale2),
            context.Gradient(_weight3),
            context.Gradient(_bias3),
            context.Gradient(_logScale3));
}
