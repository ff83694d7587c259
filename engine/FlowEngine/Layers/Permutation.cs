using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>Channels in another, fixed order: y_c = x_(order c). LogDet is 0.</summary>
public sealed class Permutation : IFlowLayer
{
    /// <summary>Creates a layer. The order is part of the checkpoint.</summary>
    /// <param name="parameters">Where the order goes.</param>
    /// <param name="name">Its path in the model, which ends in <c>permutation</c>.</param>
    /// <param name="channels">The channel count C.</param>
    /// <param name="order">The order a new model starts with.</param>
    public Permutation(ParameterSet parameters, string name, int channels, Initializer order)
    {
        Name = name;
        Order = parameters.AddConstant(name, [channels], order);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>The channel of x that each channel of y is.</summary>
    internal Parameter Order { get; }

    /// <summary>The last first.</summary>
    public static Initializer Reversed => (_, length) =>
        [.. Enumerable.Range(0, length).Select(c => (double)(length - 1 - c))];

    /// <summary>The second half first, which is what the couplings change.</summary>
    public static Initializer Halves => (_, length) =>
        [.. Enumerable.Range(0, length).Select(c => (double)((c + (length / 2)) % length))];

    /// <summary>Every other channel, then the others: neighbors fall into different halves.</summary>
    public static Initializer Parted => (_, length) =>
        [.. Enumerable.Range(0, length).OrderBy(c => (c + 1) % 2).Select(c => (double)c)];

    /// <summary>
    /// After a squeeze: the channels of the first and the last pixel of each block, then those of the other two.
    /// </summary>
    public static Initializer Diagonals => (_, length) =>
        [.. Enumerable.Range(0, length).OrderBy(c => c % 4 is 1 or 2).Select(c => (double)c)];

    /// <summary>Any order.</summary>
    public static Initializer Random => (random, length) =>
    {
        double[] keys = random.Uniform(length);
        return [.. Enumerable.Range(0, length).OrderBy(c => keys[c]).Select(c => (double)c)];
    };

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(input.Channels, Order.Length);
        return input;
    }

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => 0;

    /// <inheritdoc/>
    public void Prepare(in LayerContext context)
    {
    }

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward) => 0;

    /// <inheritdoc/>
    public void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet) =>
        context.Backend.PermuteChannels(input, context.Value(Order), inverse: false, x, y);

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.PermuteChannels(input, context.Value(Order), inverse: true, y, x);

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
        Inverse(context, input, dy, dx);
    }
}
