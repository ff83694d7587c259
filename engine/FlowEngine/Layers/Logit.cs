using FlowEngine.Kernels;

namespace FlowEngine.Layers;

/// <summary>Takes images scaled to [-½, ½) to the whole line (Dinh 2017, section 4.1).</summary>
/// <remarks>
/// x, y: (B, H, W, C); p = α + (1 - 2α)(x + ½), α = 0.05. The formulae stand at
/// <see cref="IBackend.LogitForward"/>'s part of the contract. As a layer it is in every density and every sample.
/// </remarks>
/// <param name="name">Its path in the model.</param>
public sealed class Logit(string name) : IFlowLayer
{
    private const double Margin = 0.05;

    /// <inheritdoc/>
    public string Name { get; } = name;

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
        context.Backend.LogitForward(input, Margin, x, y, logDet);

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.LogitInverse(input, Margin, y, x);

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
        context.Backend.LogitBackward(input, Margin, y, dy, dLogDet, dx);
    }
}
