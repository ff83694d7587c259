using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Priors;

/// <summary>
/// The distribution of a latent: where a Gaussian's mean and log scale come from, (priorBatch, H, W, 2C), mean first;
/// or the standard logistic, which has none; or the bounds of a uniform one, (1, 1, 1, 2C), the least values first.
/// </summary>
public interface IPrior
{
    /// <summary>The path of the prior in the model.</summary>
    string Name { get; }

    /// <summary>Gaussian, logistic or uniform.</summary>
    PriorKind Kind => PriorKind.Gaussian;

    /// <summary>True if it differs from datum to datum: it reads the kept half of a split, or a condition.</summary>
    bool IsConditional { get; }

    /// <summary>Scratch memory, in elements.</summary>
    /// <param name="backend">Where it runs.</param>
    /// <param name="latent">The shape of z.</param>
    long WorkspaceLength(IBackend backend, ImageShape latent);

    /// <summary>Computes the prior.</summary>
    /// <param name="context">Weights and scratch memory.</param>
    /// <param name="latent">The shape of z; its batch is 1 if the prior is not conditional.</param>
    /// <param name="kept">The kept half of a split, the shape of z; empty where it reads none.</param>
    /// <param name="prior">(priorBatch, H, W, 2C), overwritten.</param>
    void Forward(in LayerContext context, ImageShape latent, BufferView kept, BufferView prior);

    /// <summary>The gradients of the parameters (+=) and of the kept half (+=).</summary>
    /// <param name="context">Weights, gradients and scratch memory.</param>
    /// <param name="latent">As in <see cref="Forward"/>.</param>
    /// <param name="kept">As in <see cref="Forward"/>.</param>
    /// <param name="dPrior">(priorBatch, H, W, 2C).</param>
    /// <param name="dKept">Added to; empty where it reads none.</param>
    void Backward(
        in LayerContext context, ImageShape latent, BufferView kept, BufferView dPrior, BufferView dKept);
}
