using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// A network of a model, of any kind: what stands inside a coupling, from the first half of the channels to shifts and
/// scales, or gives a prior. It need not be invertible, so unlike a layer it keeps what its backward pass reads.
/// </summary>
/// <remarks>
/// What it computes, its parameters and what they start from stand at its <see cref="NetworkShape"/>, and how at the
/// backend's <see cref="INetwork"/>. A condition, where there is one, stands in front of the channels of each pixel.
/// </remarks>
public sealed class Network
{
    private readonly long _offset;
    private Bound? _bound;

    /// <summary>Creates a network.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">The path of what it belongs to.</param>
    /// <param name="shape">What it is and its sizes.</param>
    public Network(ParameterSet parameters, string name, NetworkShape shape)
    {
        Shape = shape;
        _offset = parameters.Length;
        Parameters =
        [
            .. shape.Parameters.Select(parameter => parameters.Add(
                $"{name}.{parameter.Name}",
                parameter.Sizes,
                (random, length) => FirstValues(parameter, random, length),
                parameter.FileAxes)),
        ];
    }

    /// <summary>What it is and its sizes.</summary>
    public NetworkShape Shape { get; }

    /// <summary>Channels of the output, O.</summary>
    public int OutputChannels => Shape.OutputChannels;

    /// <summary>Its parameters, in the order of <see cref="NetworkShape.Parameters"/>.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The elements <see cref="Prepare"/> fills, fewer where the backward pass is never run.</summary>
    /// <param name="backend">Where the network runs.</param>
    /// <param name="backward">False if only <see cref="Forward"/> runs.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Unsupported"/>: the backend has no such network.</exception>
    public long PreparedLength(IBackend backend, bool backward = true)
    {
        try
        {
            return On(backend).PreparedLength(backward);
        }
        catch (NotSupportedException exception)
        {
            throw new FlowException(FlowErrorKind.Unsupported, exception.Message, exception);
        }
    }

    /// <inheritdoc cref="IFlowLayer.Prepare"/>
    public void Prepare(in LayerContext context) => On(context.Backend).Prepare(Weights(context));

    /// <summary>The elements a forward pass keeps for the backward pass.</summary>
    /// <param name="backend">Where the network runs.</param>
    /// <param name="image">The shape of the input.</param>
    public long KeptLength(IBackend backend, ImageShape image) =>
        On(backend).KeptLength(JoinedShape(image));

    /// <inheritdoc cref="IFlowLayer.WorkspaceLength"/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward)
    {
        LayerMemory memory = default;
        Declare(ref memory, backend, input, backward);
        return memory.WorkspaceLength;
    }

    /// <summary>Sets what depends on data, layer by layer, from a batch.</summary>
    /// <param name="context">Weights to write; its prepared weights are overwritten.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The input.</param>
    /// <param name="kept">Scratch of <see cref="KeptLength"/> elements.</param>
    public void Initialize(in LayerContext context, ImageShape image, BufferView x, BufferView kept)
    {
        Parts parts = Divide(context, image, backward: false);
        BufferView input = Join(context, image, x, parts.Joined);
        On(context.Backend).Initialize(JoinedShape(image), Weights(context), input, kept, parts.Scratch);
    }

    /// <summary>x to the output.</summary>
    /// <param name="context">Prepared weights and scratch memory.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="x">(B, H, W, C); the first channels are read, as many as the network's inputs without condition.</param>
    /// <param name="output">(B, H, W, O), overwritten.</param>
    /// <param name="kept">For the backward pass, or empty.</param>
    public void Forward(in LayerContext context, ImageShape image, BufferView x, BufferView output, BufferView kept)
    {
        Parts parts = Divide(context, image, backward: false);
        BufferView input = Join(context, image, x, parts.Joined);
        On(context.Backend).Forward(
            JoinedShape(image), Weights(context), input, output, kept, parts.Scratch);
    }

    /// <summary>x to the tap values of a pixel network, for its <see cref="IPixelStage"/>.</summary>
    /// <param name="context">As in <see cref="Forward"/>.</param>
    /// <param name="image">As in <see cref="Forward"/>.</param>
    /// <param name="x">As in <see cref="Forward"/>.</param>
    /// <param name="kept">As in <see cref="Forward"/>.</param>
    /// <returns>The taps: a part of the workspace.</returns>
    internal BufferView ForwardToTaps(in LayerContext context, ImageShape image, BufferView x, BufferView kept)
    {
        Parts parts = Divide(context, image, backward: false);
        BufferView input = Join(context, image, x, parts.Joined);
        return Pixel(context.Backend).ForwardToTaps(JoinedShape(image), Weights(context), input, kept, parts.Scratch);
    }

    /// <summary>
    /// The gradients of the parameters (+=), of x (+=) and, where the context asks for it, of the condition (+=).
    /// </summary>
    /// <param name="context">Prepared weights, gradients and scratch memory.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The input.</param>
    /// <param name="kept">What the forward pass kept; may be overwritten.</param>
    /// <param name="dOutput">The gradient of the output.</param>
    /// <param name="dx">(B, H, W, C); the channels that are read are added to. Empty if it is not wanted.</param>
    public void Backward(
        in LayerContext context, ImageShape image, BufferView x, BufferView kept, BufferView dOutput, BufferView dx)
    {
        // The gradient is added to what is there: that goes with the join, and comes back with it.
        Parts parts = Divide(context, image, backward: true);
        BufferView input = Join(context, image, x, parts.Joined);
        bool isOfCondition = Shape.Conditions > 0 && !context.ConditionGradient.IsEmpty;
        BufferView dInput = dx.IsEmpty && !isOfCondition ? dx : JoinGradient(context, image, dx, parts.JoinedGradient);
        ImageShape joined = JoinedShape(image);
        On(context.Backend).Backward(
            joined, Weights(context), input, kept, dOutput, dInput, parts.Scratch);
        if (Shape.Conditions > 0 && !dx.IsEmpty)
        {
            context.Backend.CopyChannels(dInput, joined, Shape.Conditions, dx, image.Channels, 0, OwnChannels);
        }

        if (isOfCondition)
        {
            SumConditionGradient(context, joined, dInput, parts.Joined);
        }
    }

    /// <summary>The backend's network, of a <see cref="PixelNetworkShape"/>.</summary>
    internal IPixelNetwork Pixel(IBackend backend) => (IPixelNetwork)On(backend);

    /// <summary>Its weights in the arrays of a model.</summary>
    internal NetworkWeights Weights(in LayerContext context) => new(
        Part(context.Weights), context.Prepared, context.Gradients.IsEmpty ? default : Part(context.Gradients));

    private static double[] FirstValues(NetworkParameter parameter, HostRandom random, int length)
    {
        double[] values = parameter.Deviation is null ? new double[length] : random.Normal(length);
        for (int i = 0; i < length; i++)
        {
            values[i] = parameter.Deviation is null ? parameter.Start : values[i] * parameter.Deviation(i);
        }

        return values;
    }

    /// <summary>The backend's network: that of the last backend is remembered, as looking it up takes as long as a small
    /// product.</summary>
    private INetwork On(IBackend backend)
    {
        Bound? bound = _bound;
        if (bound?.Backend != backend)
        {
            _bound = bound = new Bound(backend, backend.GetNetwork(Shape));
        }

        return bound.Network;
    }

    private int OwnChannels => Shape.InputChannels - Shape.Conditions;

    private BufferView Part(BufferView array) => array.Slice(_offset, Shape.ParametersLength);

    private ImageShape JoinedShape(ImageShape image) =>
        Shape.Conditions > 0 ? image.WithChannels(Shape.InputChannels) : image;

    private long JoinedLength(ImageShape image) => Shape.Conditions > 0 ? JoinedShape(image).Length : 0;

    private Parts Declare(ref LayerMemory memory, IBackend backend, ImageShape image, bool backward) => new(
        memory.Take(JoinedLength(image)),
        backward ? memory.Take(JoinedLength(image)) : default,
        memory.Take(On(backend).WorkspaceLength(JoinedShape(image), backward)));

    private Parts Divide(in LayerContext context, ImageShape image, bool backward)
    {
        LayerMemory memory = new(context.Workspace, default, keeps: false);
        return Declare(ref memory, context.Backend, image, backward);
    }

    /// <summary>The condition and then x of each pixel; x where there is no condition.</summary>
    private BufferView Join(in LayerContext context, ImageShape image, BufferView x, BufferView joined)
    {
        if (Shape.Conditions == 0)
        {
            return x;
        }

        ImageShape shape = JoinedShape(image);
        context.Backend.SpreadRows(shape, context.Condition, joined);
        context.Backend.CopyChannels(x, image, 0, joined, shape.Channels, Shape.Conditions, OwnChannels);
        return joined;
    }

    private BufferView JoinGradient(in LayerContext context, ImageShape image, BufferView dx, BufferView joined)
    {
        if (Shape.Conditions == 0)
        {
            return dx;
        }

        context.Backend.Fill(joined, 0);
        if (!dx.IsEmpty)
        {
            context.Backend.CopyChannels(
                dx, image, 0, joined, Shape.InputChannels, Shape.Conditions, OwnChannels);
        }

        return joined;
    }

    // All pixels of an image read its condition.
    private void SumConditionGradient(
        in LayerContext context, ImageShape joined, BufferView dInput, BufferView scratch)
    {
        ImageShape conditions = joined.WithChannels(Shape.Conditions);
        BufferView parts = scratch.Slice(0, conditions.Length);
        context.Backend.CopyChannels(dInput, joined, 0, parts, Shape.Conditions, 0, Shape.Conditions);
        for (int b = 0; b < joined.Batch; b++)
        {
            context.Backend.SumChannels(
                conditions with { Batch = 1 },
                parts.Slice((long)b * conditions.Dims, conditions.Dims),
                context.ConditionGradient.Slice((long)b * Shape.Conditions, Shape.Conditions));
        }
    }

    private readonly record struct Parts(BufferView Joined, BufferView JoinedGradient, BufferView Scratch);

    private sealed class Bound(IBackend backend, INetwork network)
    {
        public IBackend Backend => backend;

        public INetwork Network => network;
    }
}
