using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Priors;

/// <summary>A Gaussian prior whose mean and log scale also depend, linearly, on the datum's condition.</summary>
/// <remarks>
/// With a one-hot condition it is a table of means and log scales by class, as the prior that openai/glow conditions on
/// labels, but for each element of the latent, not each channel. It starts at zero: then it is the prior it stands on.
/// <code>
/// Forward    prior[b] = inner[b] + Wᵀ c[b]
/// Backward   dW += Σ_b c[b] dprior[b]ᵀ;  dinner = dprior, summed over the batch where inner is one for all
/// </code>
/// </remarks>
public sealed class ConditionPrior : IPrior
{
    /// <summary>Creates a prior.</summary>
    /// <param name="parameters">Where its parameter goes: (N, h, w, 2C), the means of a pixel first.</param>
    /// <param name="inner">The Gaussian prior that it adds to.</param>
    /// <param name="conditionLength">Numbers of a condition, N.</param>
    /// <param name="latent">The shape of z; any batch.</param>
    /// <exception cref="ArgumentException">The prior has no mean.</exception>
    public ConditionPrior(ParameterSet parameters, IPrior inner, int conditionLength, ImageShape latent)
    {
        if (inner.Kind != PriorKind.Gaussian)
        {
            throw new ArgumentException("a prior without a mean takes no condition", nameof(inner));
        }

        Inner = inner;
        Weight = parameters.Add(
            $"{inner.Name}.condition.weight", [conditionLength, latent.Height, latent.Width, 2 * latent.Channels]);
    }

    /// <inheritdoc/>
    public string Name => Inner.Name;

    /// <inheritdoc/>
    public bool IsConditional => true;

    /// <summary>The Gaussian prior that it adds to.</summary>
    internal IPrior Inner { get; }

    /// <summary>(N, h, w, 2C).</summary>
    internal Parameter Weight { get; }

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape latent)
    {
        if (Inner.IsConditional)
        {
            return Inner.WorkspaceLength(backend, latent);
        }

        LayerMemory memory = default;
        Declare(ref memory, backend, latent);
        return memory.WorkspaceLength;
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape latent, BufferView kept, BufferView prior)
    {
        if (Inner.IsConditional)
        {
            Inner.Forward(context, latent, kept, prior);
        }
        else
        {
            LayerContext inner = Split(context, latent, out BufferView shared);
            Inner.Forward(inner, latent with { Batch = 1 }, default, shared);
            context.Backend.BroadcastChannels(Rows(latent), shared, prior);
        }

        context.Backend.LinearForward(latent.Batch, context.Condition, context.Value(Weight), prior);
    }

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape latent, BufferView kept, BufferView dPrior, BufferView dKept)
    {
        context.Backend.LinearBackward(
            latent.Batch,
            context.Condition,
            dPrior,
            context.Value(Weight),
            context.Gradient(Weight),
            context.ConditionGradient);
        if (Inner.IsConditional)
        {
            Inner.Backward(context, latent, kept, dPrior, dKept);
            return;
        }

        LayerContext inner = Split(context, latent, out BufferView dShared);
        context.Backend.Fill(dShared, 0);
        context.Backend.SumChannels(Rows(latent), dPrior, dShared);
        Inner.Backward(inner, latent with { Batch = 1 }, default, dShared, default);
    }

    private static ImageShape Rows(ImageShape latent) => new(latent.Batch, 1, 1, 2 * latent.Dims);

    /// <summary>The prior of all data, or its gradient, in front of the inner prior's scratch memory.</summary>
    private LayerContext Split(in LayerContext context, ImageShape latent, out BufferView shared)
    {
        LayerMemory memory = new(context.Workspace, default, keeps: false);
        (shared, BufferView rest) = Declare(ref memory, context.Backend, latent);
        return context with { Workspace = rest };
    }

    private (BufferView Shared, BufferView Inner) Declare(ref LayerMemory memory, IBackend backend, ImageShape latent) => (
        memory.Take(2L * latent.Dims),
        memory.Take(Inner.WorkspaceLength(backend, latent with { Batch = 1 })));
}
