using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>What the affine and the additive coupling share: x₁ passes, and decides by a network what happens to x₂.</summary>
/// <remarks>The formulae stand at <see cref="IBackend.CouplingForward"/>'s part of the contract.</remarks>
public abstract class CouplingLayer : IFlowLayer
{
    private protected CouplingLayer(string name, CouplingKind kind, int channels, Network network)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 2);
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.OutputChannels, OutputChannels(kind, channels), nameof(network));
        Name = name;
        Kind = kind;
        Channels = channels;
        Network = network;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Affine or additive.</summary>
    public CouplingKind Kind { get; }

    /// <summary>C.</summary>
    public int Channels { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>The channels a network inside a coupling gives.</summary>
    /// <param name="kind">Affine or additive.</param>
    /// <param name="channels">The coupling's channels, C.</param>
    public static int OutputChannels(CouplingKind kind, int channels) =>
        (kind == CouplingKind.Affine ? 2 : 1) * (channels - (channels / 2));

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(input.Channels, Channels);
        return input;
    }

    /// <inheritdoc/>
    public double Multiplications(ImageShape input) => input.PixelsPerImage * Network.Shape.Multiplications;

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => Network.PreparedLength(backend);

    /// <inheritdoc/>
    public void Prepare(in LayerContext context) => Network.Prepare(context);

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward)
    {
        LayerMemory memory = default;
        Declare(ref memory, backend, input, backward);
        return memory.WorkspaceLength;
    }

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape input, bool store)
    {
        LayerMemory memory = new(default, default, keeps: store);
        Declare(ref memory, backend, input, backward: false);
        return memory.KeptLength;
    }

    /// <inheritdoc/>
    public virtual void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
        Parts parts = Divide(context, input, backward: false);
        Network.Initialize(parts.Inner(context), input, x, parts.Kept);
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        Parts parts = Divide(context, input, backward: false);
        Network.Forward(parts.Inner(context), input, x, parts.Output, context.Kept.IsEmpty ? default : parts.Kept);
        context.Backend.CouplingForward(Kind, input, x, parts.Output, y, logDet);
    }

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        BufferView output = NetworkOutput(context, input, y);
        context.Backend.CouplingInverse(Kind, input, y, output, x);
    }

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
        Parts parts = Divide(context, input, backward: true);
        LayerContext inner = parts.Inner(context);
        if (context.Kept.IsEmpty)
        {
            Network.Forward(inner, input, y, parts.Output, parts.Kept);
        }

        context.Backend.CouplingInverse(Kind, input, y, parts.Output, x);
        context.Backend.CouplingBackward(Kind, input, y, parts.Output, dy, dLogDet, dx, parts.OutputGradient);
        Network.Backward(inner, input, x, parts.Kept, parts.OutputGradient, dx);
    }

    /// <summary>The network's output for x, in this layer's workspace until its next pass.</summary>
    internal BufferView NetworkOutput(in LayerContext context, ImageShape input, BufferView x)
    {
        Parts parts = Divide(context, input, backward: false);
        Network.Forward(parts.Inner(context), input, x, parts.Output, default);
        return parts.Output;
    }

    private long OutputLength(ImageShape input) => input.WithChannels(Network.OutputChannels).Length;

    private Parts Declare(ref LayerMemory memory, IBackend backend, ImageShape input, bool backward) => new(
        memory.Keep(OutputLength(input)),
        memory.Keep(Network.KeptLength(backend, input)),
        backward ? memory.Take(OutputLength(input)) : default,
        memory.Take(Network.WorkspaceLength(backend, input, backward)));

    private Parts Divide(in LayerContext context, ImageShape input, bool backward)
    {
        LayerMemory memory = new(context.Workspace, context.Kept, keeps: !context.Kept.IsEmpty);
        return Declare(ref memory, context.Backend, input, backward);
    }

    private readonly record struct Parts(
        BufferView Output, BufferView Kept, BufferView OutputGradient, BufferView Workspace)
    {
        public LayerContext Inner(in LayerContext context) => context with { Workspace = Workspace };
    }
}
