using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>RealNVP's coupling network: residual blocks of weight-normalized 3x3 convolutions.</summary>
/// <remarks>
/// The formulae stand at <see cref="IBackend.ResidualNetworkForward"/>'s part of the contract. Hidden weights start from
/// N(0, 2 / n), n the values a patch has, with channels of norm √2; biases and the last layer start from zero, so that a
/// coupling starts as the identity. It has no batch normalization inside, which the paper has: nothing but the weights
/// decides what it computes.
/// </remarks>
public sealed class ResidualNetwork : ICouplingNetwork
{
    private const int WindowSize = 3;

    private readonly long _offset;

    /// <summary>Creates a network.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">The path of the layer it belongs to.</param>
    /// <param name="shape">Its sizes.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public ResidualNetwork(ParameterSet parameters, string name, ResidualNetworkShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.InputChannels, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Hidden, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Blocks, nameof(shape));
        Shape = shape;
        _offset = parameters.Length;
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            bool isLast = shape.IsLast(layer);
            int size = isLast ? 1 : WindowSize;
            int depth = shape.DepthOf(layer);

            // Files store (out, in, row, column).
            parameters.Add(
                $"{name}.layers.{layer}.weight",
                [shape.OutputsOf(layer), size, size, shape.InputsOf(layer)],
                isLast ? null : (random, length) => Normal(random, length, Math.Sqrt(2.0 / depth)),
                [0, 3, 1, 2]);
            parameters.Add($"{name}.layers.{layer}.bias", [shape.OutputsOf(layer)]);
            if (!isLast)
            {
                parameters.Add(
                    $"{name}.layers.{layer}.log_scale",
                    [shape.OutputsOf(layer)],
                    (_, length) => [.. Enumerable.Repeat(0.5 * Math.Log(2), length)]);
            }
        }
    }

    /// <summary>The sizes.</summary>
    public ResidualNetworkShape Shape { get; }

    /// <inheritdoc/>
    public int OutputChannels => Shape.OutputChannels;

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => backend.ResidualNetworkPreparedLength(Shape);

    /// <inheritdoc/>
    public void Prepare(in LayerContext context) =>
        context.Backend.ResidualNetworkPrepare(Shape, Values(context), context.Prepared);

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape image) => backend.ResidualNetworkKeptLength(Shape, image);

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward)
    {
        long forward = backend.ResidualNetworkWorkspaceLength(Shape, input, backward: false);
        return backward ? Math.Max(forward, backend.ResidualNetworkWorkspaceLength(Shape, input, true)) : forward;
    }

    /// <summary>Does nothing: what the network starts from does not depend on data.</summary>
    /// <param name="context">Not used.</param>
    /// <param name="image">Not used.</param>
    /// <param name="x">Not used.</param>
    /// <param name="kept">Not used.</param>
    public void Initialize(in LayerContext context, ImageShape image, BufferView x, BufferView kept)
    {
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape image, BufferView x, BufferView output, BufferView kept) =>
        context.Backend.ResidualNetworkForward(Shape, image, context.Prepared, x, output, kept, context.Workspace);

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape image, BufferView x, BufferView kept, BufferView dOutput, BufferView dx) =>
        context.Backend.ResidualNetworkBackward(
            Shape,
            image,
            Values(context),
            context.Prepared,
            x,
            kept,
            dOutput,
            dx,
            context.Gradients.Slice(_offset, Shape.ParametersLength),
            context.Workspace);

    private static double[] Normal(HostRandom random, int length, double deviation)
    {
        double[] values = random.Normal(length);
        for (int i = 0; i < length; i++)
        {
            values[i] *= deviation;
        }

        return values;
    }

    private BufferView Values(in LayerContext context) => context.Weights.Slice(_offset, Shape.ParametersLength);
}
