using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// What the coupling and the autoregressive layer of splines share: a network gives the raw numbers of a rational-quadratic
/// spline, or of another monotonic map, for each value that is moved.
/// </summary>
/// <remarks>
/// The formulae stand at <see cref="RationalQuadraticSpline"/>. As a slope may be small, x found again from y has lost digits:
/// a forward pass that keeps activations keeps x as well.
/// </remarks>
public abstract class SplineLayer : IFlowLayer
{
    private Bound? _bound;

    private protected SplineLayer(
        ParameterSet parameters, string name, int dims, int passing, MonotonicMap spline, NetworkShape network)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dims);
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.OutputChannels, (dims - passing) * spline.ParametersLength);
        Name = name;
        Dims = dims;
        Passing = passing;
        Spline = spline;
        Network = new Network(parameters, name, network);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>D.</summary>
    public int Dims { get; }

    /// <summary>How many of the values, the first ones, are not moved.</summary>
    public int Passing { get; }

    /// <summary>A spline, or another map of single values.</summary>
    public MonotonicMap Spline { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>True if <see cref="Inverse"/> is far dearer than <see cref="Forward"/>: x is kept in every mode.</summary>
    private protected abstract bool HasSlowInverse { get; }

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(input.Dims, Dims);
        return input;
    }

    /// <inheritdoc/>
    public double Multiplications(ImageShape input) => Network.Shape.Multiplications;

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend)
    {
        // What it sends to the device cannot be part of a recording.
        Fused(backend);
        return Network.PreparedLength(backend);
    }

    /// <inheritdoc/>
    public void Prepare(in LayerContext context) => Network.Prepare(context);

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward)
    {
        LayerMemory memory = default;
        Declare(ref memory, backend, input, backward, stores: false);
        return memory.WorkspaceLength;
    }

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape input, bool store)
    {
        LayerMemory memory = new(default, default, keeps: store || HasSlowInverse);
        Declare(ref memory, backend, input, backward: false, store);
        return memory.KeptLength;
    }

    /// <inheritdoc/>
    public void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        Parts parts = Divide(context, input, backward: false);
        if (!parts.X.IsEmpty)
        {
            context.Backend.Copy(x, parts.X);
        }

        if (Fused(context.Backend) is { } fused)
        {
            fused.Forward(
                input, Network.Weights(context), ConditionOf(context), x, y, logDet, parts.Output, parts.Kept);
            return;
        }

        Network.Forward(parts.Inner(context), Rows(input), x, parts.Output, parts.Kept);
        context.Backend.Splines.Forward(Spline, input, Passing, x, parts.Output, y, logDet);
    }

    /// <inheritdoc/>
    public abstract void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x);

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
        Parts parts = Divide(context, input, backward: true);
        if (!parts.X.IsEmpty)
        {
            backend.Copy(parts.X, x);
        }

        LayerContext inner = parts.Inner(context);
        if (!IsStored(context, input))
        {
            // Where x is not kept the network reads what passes, which y has as well.
            Network.Forward(inner, Rows(input), parts.X.IsEmpty ? y : x, parts.Output, parts.Kept);
        }

        if (parts.X.IsEmpty)
        {
            backend.Splines.Inverse(Spline, input, Passing, y, parts.Output, x);
        }

        backend.Splines.Backward(Spline, input, Passing, x, parts.Output, dy, dLogDet, dx, parts.OutputGradient);
        Network.Backward(inner, Rows(input), x, parts.Kept, parts.OutputGradient, dx);
    }

    /// <summary>The inverse in one operation; false where the backend has none.</summary>
    private protected bool InvertsAtOnce(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        ISplineNetwork? fused = Fused(context.Backend);
        fused?.Inverse(input, Network.Weights(context), ConditionOf(context), y, x);
        return fused is not null;
    }

    private protected static ImageShape Rows(ImageShape input) => new(input.Batch, 1, 1, input.Dims);

    /// <summary>The raw numbers for some values, in the workspace until the layer's next pass.</summary>
    private protected BufferView NetworkOutput(in LayerContext context, ImageShape input, BufferView values)
    {
        Parts parts = Divide(context with { Kept = default }, input, backward: false);
        Network.Forward(parts.Inner(context), Rows(input), values, parts.Output, default);
        return parts.Output;
    }

    private BufferView ConditionOf(in LayerContext context) =>
        Network.Shape.Conditions > 0 ? context.Condition : default;

    // Network and splines as one operation, where the backend has it: that of the last backend is remembered.
    private ISplineNetwork? Fused(IBackend backend)
    {
        Bound? bound = _bound;
        if (bound?.Backend != backend)
        {
            _bound = bound = new Bound(backend, backend.Splines.GetNetwork(Network.Shape, Spline, Dims, Passing));
        }

        return bound.Fused;
    }

    // Where anything is kept x is, and the network's output and hidden activations where memory may grow with depth.
    private Parts Declare(ref LayerMemory memory, IBackend backend, ImageShape input, bool backward, bool stores)
    {
        BufferView x = memory.Keeps ? memory.Keep(input.Length) : default;
        long output = Spline.OutputLength(input, Passing);
        long kept = Network.KeptLength(backend, Rows(input));
        return new Parts(
            x,
            stores ? memory.Keep(output) : memory.Take(output),
            stores ? memory.Keep(kept) : backward ? memory.Take(kept) : default,
            backward ? memory.Take(output) : default,
            memory.Take(Network.WorkspaceLength(backend, Rows(input), backward)));
    }

    private Parts Divide(in LayerContext context, ImageShape input, bool backward)
    {
        LayerMemory memory = new(context.Workspace, context.Kept, keeps: !context.Kept.IsEmpty);
        return Declare(ref memory, context.Backend, input, backward, IsStored(context, input));
    }

    // More than x is kept.
    private bool IsStored(in LayerContext context, ImageShape input) =>
        !context.Kept.IsEmpty && context.Kept.Length >= KeptLength(context.Backend, input, store: true);

    private readonly record struct Parts(
        BufferView X, BufferView Output, BufferView Kept, BufferView OutputGradient, BufferView Workspace)
    {
        public LayerContext Inner(in LayerContext context) => context with { Workspace = Workspace };
    }

    private sealed record Bound(IBackend Backend, ISplineNetwork? Fused);
}
