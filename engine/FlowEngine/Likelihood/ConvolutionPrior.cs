using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Likelihood;

/// <summary>
/// A prior from a zero convolution: of the kept half at a split, or of an all-zero image at the top, where with
/// <c>outsideReadsOne</c> it learns to differ at the border (rosinality/glow-pytorch). Starts at N(0, 1).
/// </summary>
public sealed class ConvolutionPrior : IPrior
{
    private readonly ZeroConvolutionShape _shape;
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly Parameter _logScale;

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
        _shape = new ZeroConvolutionShape(channels, 2 * channels, outsideReadsOne);
        _weight = parameters.Add($"{name}.weight", [2 * channels, 3, 3, channels], null, [0, 3, 1, 2]);
        _bias = parameters.Add($"{name}.bias", [2 * channels]);
        _logScale = parameters.Add($"{name}.log_scale", [2 * channels]);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool IsConditional { get; }

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape latent) =>
        backend.ZeroConvolutionWorkspaceLength(_shape, latent) + (IsConditional ? 0 : latent.Length);

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape latent, BufferView kept, BufferView prior)
    {
        BufferView input = Input(context, latent, kept, out BufferView scratch);
        context.Backend.ZeroConvolutionForward(_shape, latent, Values(context), input, prior, scratch);
    }

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context, ImageShape latent, BufferView kept, BufferView dPrior, BufferView dKept)
    {
        BufferView input = Input(context, latent, kept, out BufferView scratch);
        ZeroConvolutionParameters gradients = new(
            context.Gradient(_weight), context.Gradient(_bias), context.Gradient(_logScale));
        context.Backend.ZeroConvolutionBackward(
            _shape, latent, Values(context), input, dPrior, dKept, gradients, scratch);
    }

    private ZeroConvolutionParameters Values(in LayerContext context) =>
        new(context.Value(_weight), context.Value(_bias), context.Value(_logScale));

    private BufferView Input(in LayerContext context, ImageShape latent, BufferView kept, out BufferView scratch)
    {
        if (IsConditional)
        {
            scratch = context.Workspace;
            return kept;
        }

        BufferView zeros = context.Workspace.Slice(0, latent.Length);
        scratch = context.Workspace.Slice(latent.Length, context.Workspace.Length - latent.Length);
        context.Backend.Fill(zeros, 0);
        return zeros;
    }
}
