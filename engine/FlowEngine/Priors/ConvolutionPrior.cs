using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Priors;

/// <summary>
/// A prior from a zero convolution: of the kept half at a split, or of an all-zero image at the top, where with
/// <c>outsideReadsOne</c> it learns to differ at the border (rosinality/glow-pytorch). Starts at N(0, 1).
/// </summary>
public sealed class ConvolutionPrior : IPrior
{
    /// <summary>Creates a prior.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">Channels of z and of the kept half, C.</param>
    /// <param name="isConditional">True to read the kept half; false to read zeros.</param>
    /// <param name="outsideReadsOne">What taps outside the image read.</param>
    public ConvolutionPrior(
        ParameterSet parameters, string name, int channels, bool isConditional, bool outsideReadsOne)
    {
        Name = name;
        IsConditional = isConditional;
        Network = new Network(parameters, name, new ZeroConvolutionShape(channels, 2 * channels, outsideReadsOne));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool IsConditional { get; }

    /// <summary>The zero convolution.</summary>
    internal Network Network { get; }

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape latent)
    {
        LayerMemory memory = default;
        Declare(ref memory, backend, latent);
        return memory.WorkspaceLength;
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape latent, BufferView kept, BufferView prior)
    {
        LayerContext inner = Input(context, latent, kept, out BufferView input);
        Network.Forward(inner, latent, input, prior, default);
    }

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape latent, BufferView kept, BufferView dPrior, BufferView dKept)
    {
        LayerContext inner = Input(context, latent, kept, out BufferView input);
        Network.Backward(inner, latent, input, default, dPrior, dKept);
    }

    private LayerContext Input(in LayerContext context, ImageShape latent, BufferView kept, out BufferView input)
    {
        LayerMemory memory = new(context.Workspace, default, keeps: false);
        (BufferView zeros, BufferView rest) = Declare(ref memory, context.Backend, latent);
        input = kept;
        if (!IsConditional)
        {
            input = zeros;
            context.Backend.Fill(zeros, 0);
        }

        return context with { Workspace = rest };
    }

    private (BufferView Zeros, BufferView Network) Declare(ref LayerMemory memory, IBackend backend, ImageShape latent) => (
        memory.Take(IsConditional ? 0 : latent.Length),
        memory.Take(Network.WorkspaceLength(backend, latent, backward: true)));
}
