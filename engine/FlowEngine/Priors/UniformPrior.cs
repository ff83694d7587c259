using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Priors;

/// <summary>The uniform distribution in a box, whose bounds are stored and not trained. It starts between -1 and 1.</summary>
public sealed class UniformPrior : IPrior
{
    private readonly Parameter _bounds;

    /// <summary>Creates a prior.</summary>
    /// <param name="parameters">Where its bounds go: (2, C), the least values first.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">Channels of z, C, of one pixel.</param>
    public UniformPrior(ParameterSet parameters, string name, int channels)
    {
        Name = name;
        _bounds = parameters.AddConstant(
            $"{name}.bounds", [2, channels], (_, length) => [.. Enumerable.Range(0, length).Select(i => i < channels ? -1.0 : 1)]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public PriorKind Kind => PriorKind.Uniform;

    /// <inheritdoc/>
    public bool IsConditional => false;

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape latent) => 0;

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape latent, BufferView kept, BufferView prior) =>
        context.Backend.Copy(context.Value(_bounds), prior);

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape latent, BufferView kept, BufferView dPrior, BufferView dKept)
    {
    }
}
