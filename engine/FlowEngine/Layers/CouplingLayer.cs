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
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward) =>
        OutputLength(input) + Network.KeptLength(backend, input) + (backward ? OutputLength(input) : 0)
        + Network.WorkspaceLength(backend, input, backward);

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape input, bool store) =>
        store ? OutputLength(input) + Network.KeptLength(backend, input) : 0;

    /// <inheritdoc/>
    public virtual void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
        LayerContext inner = Split(context, input, backward: false, out _, out _, out BufferView kept);
        Network.Initialize(inner, input, x, kept);
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        LayerContext inner = Split(context, input, backward: false, out BufferView output, out _, out BufferView kept);
        Network.Forward(inner, input, x, output, context.Kept.IsEmpty ? default : kept);
        context.Backend.CouplingForward(Kind, input, x, output, y, logDet);
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
        LayerContext inner = Split(
            context, input, backward: true, out BufferView output, out BufferView dOutput, out BufferView kept);
        if (context.Kept.IsEmpty)
        {
            Network.Forward(inner, input, y, output, kept);
        }

        context.Backend.CouplingInverse(Kind, input, y, output, x);
        context.Backend.CouplingBackward(Kind, input, y, output, dy, dLogDet, dx, dOutput);
        Network.Backward(inner, input, x, kept, dOutput, dx);
    }

    /// <summary>The network's output for x, in this layer's workspace until its next pass.</summary>
    internal BufferView NetworkOutput(in LayerContext context, ImageShape input, BufferView x)
    {
        LayerContext inner = Split(context, input, backward: false, out BufferView output, out _, out _);
        Network.Forward(inner, input, x, output, default);
        return output;
    }

    private long OutputLength(ImageShape input) => input.WithChannels(Network.OutputChannels).Length;

    private LayerContext Split(
        in LayerContext context,
        ImageShape input,
        bool backward,
        out BufferView output,
        out BufferView dOutput,
        out BufferView kept)
    {
        long outputLength = OutputLength(input);
        long keptLength = Network.KeptLength(context.Backend, input);
        long used = context.Kept.IsEmpty ? outputLength + keptLength : 0;
        BufferView place = context.Kept.IsEmpty ? context.Workspace : context.Kept;
        output = place.Slice(0, outputLength);
        kept = place.Slice(outputLength, keptLength);
        dOutput = backward ? context.Workspace.Slice(used, outputLength) : default;
        used += dOutput.Length;
        return context with { Workspace = context.Workspace.Slice(used, context.Workspace.Length - used) };
    }
}
