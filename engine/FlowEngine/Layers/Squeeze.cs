using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>Turns 2x2 blocks of pixels into channels: (H, W, C) to (H/2, W/2, 4C). LogDet is 0.</summary>
/// <remarks>Channel 4c + 2i + j of the result is channel c of pixel (2h + i, 2w + j).</remarks>
public sealed class Squeeze : IFlowLayer
{
    /// <summary>Creates a layer.</summary>
    /// <param name="name">Its path in the model.</param>
    public Squeeze(string name) => Name = name;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        if ((input.Height | input.Width) % 2 != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(input), $"{Name} halves the image, which is {input.Height}x{input.Width}");
        }

        return new ImageShape(input.Batch, input.Height / 2, input.Width / 2, input.Channels * 4);
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
        context.Backend.SqueezeForward(input, x, y);

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.SqueezeInverse(input, y, x);

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
