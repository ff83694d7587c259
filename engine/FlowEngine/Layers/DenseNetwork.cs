using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>A dense multilayer perceptron with ReLU, over every pixel; with a mask, MADE (Germain 2015).</summary>
/// <remarks>
/// The formulae stand at <see cref="IBackend.DenseNetworkForward"/>'s part of the contract. Hidden weights start from
/// N(0, 2 / n), n the inputs a unit reads, biases and the output layer from zero, so that what it stands in starts as
/// the identity, or as a fixed affine map. A network with <see cref="DenseNetworkShape.Conditions"/> reads the
/// condition of its row before the row itself: W₁ x + W_c c in the first layer.
/// </remarks>
public sealed class DenseNetwork : ICouplingNetwork
{
    private readonly long _offset;
    private readonly Parameter _lastBias;

    /// <summary>Creates a network.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">The path of the layer it belongs to.</param>
    /// <param name="shape">Its sizes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public DenseNetwork(ParameterSet parameters, string name, DenseNetworkShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shape.Dims, shape.IsAutoregressive ? 2 : 1, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Hidden, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.HiddenLayers, nameof(shape));
        Shape = shape;
        _offset = parameters.Length;
        for (int layer = 0; layer < shape.HiddenLayers; layer++)
        {
            int l = layer;
            AddLayer(parameters, name, layer, (random, length) => Weights(shape, l, random, length));
        }

        _lastBias = AddLayer(parameters, name, shape.HiddenLayers, null);
    }

    /// <summary>The sizes.</summary>
    public DenseNetworkShape Shape { get; }

    /// <inheritdoc/>
    public int OutputChannels => Shape.Outputs;

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => backend.DenseNetworkPreparedLength(Shape);

    /// <inheritdoc/>
    public void Prepare(in LayerContext context) =>
        context.Backend.DenseNetworkPrepare(Shape, Values(context), context.Prepared);

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape image) => backend.DenseNetworkKeptLength(Shape, image.Pixels);

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward)
    {
        long forward = backend.DenseNetworkWorkspaceLength(Shape, input.Pixels, backward: false);
        long joined = (backward ? 2 : 1) * JoinedLength(input);
        return joined
            + (backward ? Math.Max(forward, backend.DenseNetworkWorkspaceLength(Shape, input.Pixels, true)) : forward);
    }

    /// <summary>In an additive coupling, shifts the mean of each channel it changes to zero.</summary>
    /// <param name="context">Weights to write.</param>
    /// <param name="image">The shape of <paramref name="x"/>.</param>
    /// <param name="x">The coupling's input.</param>
    /// <param name="kept">Not used.</param>
    public void Initialize(in LayerContext context, ImageShape image, BufferView x, BufferView kept)
    {
        if (Shape.Outputs != image.Channels - Shape.Dims)
        {
            return;
        }

        IBackend backend = context.Backend;
        using DeviceBuffer statistics = backend.Allocate(2L * image.Channels);
        BufferView mean = statistics.View.Slice(0, image.Channels);
        backend.ActNormStatistics(image, x, mean, statistics.View.Slice(image.Channels, image.Channels));
        double[] shifts = new double[Shape.Outputs];
        backend.Read(mean.Slice(Shape.Dims, Shape.Outputs), shifts);
        backend.Write(Array.ConvertAll(shifts, shift => -shift), context.Value(_lastBias));
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape image, BufferView x, BufferView output, BufferView kept)
    {
        if (Shape.Conditions == 0)
        {
            context.Backend.DenseNetworkForward(Shape, image, context.Prepared, x, output, kept, context.Workspace);
            return;
        }

        BufferView joined = Join(context, image, x, 0);
        context.Backend.DenseNetworkForward(
            Shape,
            image.WithChannels(Shape.Inputs),
            context.Prepared,
            joined,
            output,
            kept,
            After(context.Workspace, joined.Length));
    }

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape image, BufferView x, BufferView kept, BufferView dOutput, BufferView dx)
    {
        IBackend backend = context.Backend;
        BufferView gradients = context.Gradients.Slice(_offset, Shape.ParametersLength);
        if (Shape.Conditions == 0)
        {
            backend.DenseNetworkBackward(
                Shape, image, context.Prepared, x, kept, dOutput, dx, gradients, context.Workspace);
            return;
        }

        // The gradient is added to what is there: that goes with the join, and comes back with it.
        BufferView joined = Join(context, image, x, 0);
        BufferView dJoined = dx.IsEmpty ? default : Join(context, image, dx, joined.Length);
        backend.DenseNetworkBackward(
            Shape,
            image.WithChannels(Shape.Inputs),
            context.Prepared,
            joined,
            kept,
            dOutput,
            dJoined,
            gradients,
            After(context.Workspace, joined.Length + dJoined.Length));
        if (!dx.IsEmpty)
        {
            backend.CopyChannels(
                dJoined, image.WithChannels(Shape.Inputs), Shape.Conditions, dx, image.Channels, 0, Shape.Dims);
        }
    }

    /// <summary>Adds a weight and a bias.</summary>
    /// <returns>The bias.</returns>
    private Parameter AddLayer(ParameterSet parameters, string name, int layer, Initializer? weights)
    {
        parameters.Add(
            $"{name}.layers.{layer}.weight", [Shape.OutputsOf(layer), Shape.InputsOf(layer)], weights);
        return parameters.Add($"{name}.layers.{layer}.bias", [Shape.OutputsOf(layer)]);
    }

    /// <summary>Normal numbers, and zeros where a unit does not read.</summary>
    private static double[] Weights(DenseNetworkShape shape, int layer, HostRandom random, int length)
    {
        double[] values = random.Normal(length);
        int inputs = shape.InputsOf(layer);
        for (int i = 0; i < length; i++)
        {
            int reads = shape.ReadsOf(layer, i / inputs);
            values[i] *= i % inputs < reads ? Math.Sqrt(2.0 / reads) : 0;
        }

        return values;
    }

    private static BufferView After(BufferView workspace, long used) => workspace.Slice(used, workspace.Length - used);

    private long JoinedLength(ImageShape input) =>
        Shape.Conditions > 0 ? input.WithChannels(Shape.Inputs).Length : 0;

    /// <summary>The condition of each row and then the row, in the workspace from a place on.</summary>
    private BufferView Join(in LayerContext context, ImageShape image, BufferView x, long place)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(image.PixelsPerImage, 1, nameof(image));
        int conditions = Shape.Conditions;
        BufferView joined = context.Workspace.Slice(place, JoinedLength(image));
        context.Backend.CopyChannels(
            context.Condition, image.WithChannels(conditions), 0, joined, Shape.Inputs, 0, conditions);
        context.Backend.CopyChannels(x, image, 0, joined, Shape.Inputs, conditions, Shape.Dims);
        return joined;
    }

    private BufferView Values(in LayerContext context) => context.Weights.Slice(_offset, Shape.ParametersLength);
}
