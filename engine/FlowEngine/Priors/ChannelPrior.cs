using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Priors;

/// <summary>A mean and a log scale per channel, learned: the top prior of the preset <c>glow</c>. Starts at N(0, 1).</summary>
public sealed class ChannelPrior : IPrior
{
    private readonly Parameter _meanLogScale;

    /// <summary>Creates a prior.</summary>
    /// <param name="parameters">Where its parameter goes: (2, C), the mean first.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">Channels of z, C.</param>
    public ChannelPrior(ParameterSet parameters, string name, int channels)
    {
        Name = name;
        _meanLogScale = parameters.Add($"{name}.mean_log_scale", [2, channels]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool IsConditional => false;

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape latent) => 0;

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape latent, BufferView kept, BufferView prior) =>
        context.Backend.BroadcastChannels(
            latent.WithChannels(2 * latent.Channels), context.Value(_meanLogScale), prior);

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape latent, BufferView kept, BufferView dPrior, BufferView dKept) =>
        context.Backend.SumChannels(
            latent.WithChannels(2 * latent.Channels), dPrior, context.Gradient(_meanLogScale));
}
