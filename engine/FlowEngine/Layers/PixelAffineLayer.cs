using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>What ActNorm and the invertible 1x1 convolution share: both are one affine map per pixel.</summary>
/// <remarks>
/// The formulae stand at <see cref="IPixelAffine.Forward"/>'s part of the contract. Training that stores
/// activations keeps x: the inverse of a wide map would cost more than the rest of its update.
/// </remarks>
public abstract class PixelAffineLayer : IFlowLayer
{
    private protected PixelAffineLayer(string name, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        Name = name;
        Channels = channels;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>C.</summary>
    public int Channels { get; }

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(input.Channels, Channels);
        return input;
    }

    /// <inheritdoc/>
    public virtual double Multiplications(ImageShape input) => 0;

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => PixelAffineMap.LengthFor(Channels);

    /// <inheritdoc/>
    public void Prepare(in LayerContext context) =>
        context.Backend.PixelAffine.Assemble(Parameters(context), Map(context), inverse: !context.SkipsInverse);

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward) =>
        backward ? PixelAffineGradient.WorkspaceLength(backend, input) : 0;

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape input, bool store) => store ? input.Length : 0;

    /// <inheritdoc/>
    public abstract void Initialize(in LayerContext context, ImageShape input, BufferView x);

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        if (!context.Kept.IsEmpty)
        {
            context.Backend.Copy(x, context.Kept);
        }

        context.Backend.PixelAffine.Forward(input, Map(context), x, y, logDet);
    }

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.PixelAffine.Inverse(input, Map(context), y, x);

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
        if (context.Kept.IsEmpty)
        {
            Inverse(context, input, y, x);
        }
        else
        {
            context.Backend.Copy(context.Kept, x);
        }

        PixelAffineGradient.Run(
            context, input, Parameters(context), Gradients(context), Map(context), x, dy, dLogDet, dx);
    }

    internal abstract PixelAffineParameters Parameters(in LayerContext context);

    private protected abstract PixelAffineParameters Gradients(in LayerContext context);

    /// <summary>What <see cref="Prepare"/> made of the weights.</summary>
    internal PixelAffineMap Map(in LayerContext context) => new(Channels, context.Prepared);
}
