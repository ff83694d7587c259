using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>An invertible map of every element by itself, without weights.</summary>
/// <remarks>x, y: (B, H, W, C). The formulae stand at the map, such as <see cref="LogitMap"/>.</remarks>
/// <param name="name">Its path in the model.</param>
/// <param name="map">The map.</param>
public sealed class ElementwiseLayer(string name, ElementwiseMap map) : IFlowLayer
{
    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <summary>The map.</summary>
    internal ElementwiseMap Map => map;

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input) => input;

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
        context.Backend.ElementwiseForward(map, input, x, y, logDet);

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.ElementwiseInverse(map, input, y, x);

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
        context.Backend.ElementwiseBackward(map, input, y, dy, dLogDet, dx);
    }
}
