using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>RealNVP's affine coupling: scales and shifts what a mask moves, by a network of what passes.</summary>
/// <remarks>
/// <para>
/// Dinh, Sohl-Dickstein and Bengio, "Density estimation using Real NVP" (2017), sections 3.2 to 3.4. x, y: (B, H, W, C);
/// factor: (n), learned, 1 at first. Under a checkerboard the network sees b ⊙ x and b itself, b being 1 where x passes.
/// </para>
/// <code>
/// Forward     (raw, shift) = network(what passes);  scale = factor · tanh(raw)
///             y = x e^scale + shift where x is moved, else x;   logDet[b] += Σ scale
/// Inverse     x = (y - shift) e^(-scale)
/// </code>
/// The backward pass stands at <see cref="IBackend.MaskedCouplingBackward"/>.
/// </remarks>
public sealed class MaskedCoupling : IFlowLayer
{
    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its factors go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">C.</param>
    /// <param name="mask">What is moved.</param>
    /// <param name="network">
    /// From <see cref="CouplingMask.InputChannels"/> to <see cref="CouplingMask.OutputChannels"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The mask does not fit C, or the network's output the mask.</exception>
    public MaskedCoupling(
        ParameterSet parameters, string name, int channels, CouplingMask mask, Network network)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mask.Channels, nameof(mask));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mask.FirstChannel + mask.Channels, channels, nameof(mask));
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.OutputChannels, mask.OutputChannels, nameof(network));
        Name = name;
        Channels = channels;
        Mask = mask;
        Network = network;
        Factor = parameters.Add(
            $"{name}.factor", [mask.Channels], (_, length) => [.. Enumerable.Repeat(1.0, length)]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>C.</summary>
    public int Channels { get; }

    /// <summary>What is moved.</summary>
    public CouplingMask Mask { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>The factors of what is moved, (n).</summary>
    internal Parameter Factor { get; }

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
    public void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
        Parts parts = Divide(context, input, backward: false);
        context.Backend.MaskedCouplingInput(input, Mask, x, parts.Passing);
        Network.Initialize(parts.Inner(context), Passing(input), parts.Passing, parts.Kept);
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        Parts parts = Divide(context, input, backward: false);
        RunNetwork(context, parts, input, x, context.Kept.IsEmpty ? default : parts.Kept);
        context.Backend.MaskedCouplingForward(input, Mask, context.Value(Factor), x, parts.Output, y, logDet);
    }

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        Parts parts = Divide(context, input, backward: false);
        RunNetwork(context, parts, input, y, default);
        context.Backend.MaskedCouplingInverse(input, Mask, context.Value(Factor), y, parts.Output, x);
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
        IBackend backend = context.Backend;
        Parts parts = Divide(context, input, backward: true);
        if (context.Kept.IsEmpty)
        {
            RunNetwork(context, parts, input, y, parts.Kept);
        }
        else
        {
            backend.MaskedCouplingInput(input, Mask, y, parts.Passing);
        }

        BufferView factor = context.Value(Factor);
        backend.MaskedCouplingInverse(input, Mask, factor, y, parts.Output, x);
        backend.MaskedCouplingBackward(
            input,
            Mask,
            factor,
            x,
            parts.Output,
            dy,
            dLogDet,
            dx,
            parts.OutputGradient,
            context.Gradient(Factor),
            parts.Workspace);
        backend.Fill(parts.PassingGradient, 0);
        Network.Backward(
            parts.Inner(context), Passing(input), parts.Passing, parts.Kept, parts.OutputGradient, parts.PassingGradient);
        backend.MaskedCouplingInputBackward(input, Mask, parts.PassingGradient, dx);
    }

    private ImageShape Passing(ImageShape input) => input.WithChannels(Mask.InputChannels(Channels));

    private long OutputLength(ImageShape input) => input.WithChannels(Mask.OutputChannels).Length;

    private void RunNetwork(in LayerContext context, in Parts parts, ImageShape input, BufferView x, BufferView kept)
    {
        context.Backend.MaskedCouplingInput(input, Mask, x, parts.Passing);
        Network.Forward(parts.Inner(context), Passing(input), parts.Passing, parts.Output, kept);
    }

    private Parts Declare(ref LayerMemory memory, IBackend backend, ImageShape input, bool backward)
    {
        ImageShape passing = Passing(input);
        long network = Network.WorkspaceLength(backend, passing, backward);
        return new Parts(
            memory.Take(passing.Length),
            memory.Keep(OutputLength(input)),
            memory.Keep(Network.KeptLength(backend, passing)),
            backward ? memory.Take(passing.Length) : default,
            backward ? memory.Take(OutputLength(input)) : default,
            memory.Take(backward ? Math.Max(network, backend.MaskedCouplingWorkspaceLength(input, Mask)) : network));
    }

    private Parts Divide(in LayerContext context, ImageShape input, bool backward)
    {
        LayerMemory memory = new(context.Workspace, context.Kept, keeps: !context.Kept.IsEmpty);
        return Declare(ref memory, context.Backend, input, backward);
    }

    private readonly record struct Parts(
        BufferView Passing,
        BufferView Output,
        BufferView Kept,
        BufferView PassingGradient,
        BufferView OutputGradient,
        BufferView Workspace)
    {
        public LayerContext Inner(in LayerContext context) => context with { Workspace = Workspace };
    }
}
