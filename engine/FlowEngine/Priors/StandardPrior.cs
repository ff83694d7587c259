using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Priors;

/// <summary>The standard Gaussian or logistic distribution in each dimension: nothing to learn.</summary>
/// <param name="name">Its path in the model.</param>
/// <param name="kind">Which of the two.</param>
public sealed class StandardPrior(string name, PriorKind kind) : IPrior
{
    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public PriorKind Kind { get; } = kind;

    /// <inheritdoc/>
    public bool IsConditional => false;

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape latent) => 0;

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape latent, BufferView kept, BufferView prior) =>
        context.Backend.Fill(prior, 0);

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape latent, BufferView kept, BufferView dPrior, BufferView dKept)
    {
    }
}
