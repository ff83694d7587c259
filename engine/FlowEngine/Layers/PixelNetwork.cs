using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>Glow's coupling network: 3x3 convolution, 1x1 convolution, zero-initialized 3x3 convolution.</summary>
/// <remarks>
/// The two hidden layers are followed by an ActNorm (openai/glow) or a bias (rosinality/glow-pytorch), then ReLU. The
/// formulae stand at <see cref="IBackend.PixelNetworkForward"/>'s part of the contract. Hidden weights start from
/// N(0, 0.05²), the last convolution from zero, so that every coupling starts as a fixed affine map. A condition, where
/// there is one, stands in front of the channels of each pixel.
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
    /// <param name="conditions">How many of the input channels, the first ones, are the condition.</param>
    public PixelNetwork(ParameterSet parameters, string name, PixelNetworkShape shape, int conditions = 0)
    {
        Shape = shape;
        Conditions = conditions;
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

    /// <summary>Input channels that are the condition.</summary>
    public int Conditions { get; }

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
        backend.PixelNetworkTapsLength(Shape, input) + ScratchLength(backend, input, backward);

    /// <summary>The scratch memory of a pass whose taps lie elsewhere, in elements.</summary>
    internal long ScratchLength(IBackend backend, ImageShape input, bool backward) =>
        ((backward ? 2 : 1) * JoinedLength(input))
        + backend.PixelNetworkWorkspaceLength(Shape, InputShape(input), backward);

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
        ForwardToTaps(context with { Workspace = After(context.Workspace, tapsLength) }, image, x, taps, kept);
        context.Backend.PixelNetworkTapAdd(Shape, image, context.Prepared, taps, output);
    }

    /// <summary>x₁ to tap values, which are not added yet; the workspace has <see cref="ScratchLength"/> elements.</summary>
    internal void ForwardToTaps(
        in LayerContext context, ImageShape image, BufferView x, BufferView taps, BufferView kept)
    {
        BufferView input = Join(context, image, x, 0);
        context.Backend.PixelNetworkForward(
            Shape,
            InputShape(image),
            context.Prepared,
            input,
            taps,
            kept,
            After(context.Workspace, JoinedLength(image)));
    }

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape image, BufferView x, BufferView kept, BufferView dOutput, BufferView dx)
    {
        // The gradient is added to what is there: that goes with the join, and comes back with it.
        long joined = JoinedLength(image);
        BufferView input = Join(context, image, x, 0);
        BufferView dInput = Join(context, image, dx, joined);
        context.Backend.PixelNetworkBackward(
            Shape,
            InputShape(image),
            Values(context),
            context.Prepared,
            input,
            kept,
            dOutput,
            dInput,
            Gradients(context),
            After(context.Workspace, 2 * joined));
        if (Conditions > 0)
        {
            int channels = Shape.InputChannels - Conditions;
            context.Backend.CopyChannels(dInput, InputShape(image), Conditions, dx, image.Channels, 0, channels);
        }
    }

    private static BufferView After(BufferView workspace, long used) => workspace.Slice(used, workspace.Length - used);

    private ImageShape InputShape(ImageShape image) =>
        Conditions > 0 ? image.WithChannels(Shape.InputChannels) : image;

    private long JoinedLength(ImageShape image) => Conditions > 0 ? InputShape(image).Length : 0;

    /// <summary>The condition and then x₁ of each pixel, in the workspace from a place on; x where there is none.</summary>
    private BufferView Join(in LayerContext context, ImageShape image, BufferView x, long place)
    {
        if (Conditions == 0)
        {
            return x;
        }

        ImageShape shape = InputShape(image);
        BufferView joined = context.Workspace.Slice(place, shape.Length);
        context.Backend.SpreadRows(shape, context.Condition, joined);
        context.Backend.CopyChannels(
            x, image, 0, joined, shape.Channels, Conditions, Shape.InputChannels - Conditions);
        return joined;
    }

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
        BufferView input = Join(context, image, x, 0);
        backend.PixelNetworkStatistics(
            Shape,
            InputShape(image),
            context.Prepared,
            input,
            layer,
            mean,
            deviation,
            kept,
            After(context.Workspace, JoinedLength(image)));
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
