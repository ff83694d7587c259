using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>Per-channel affine normalization with data-dependent initialization.</summary>
/// <remarks>
/// <para>
/// Kingma and Dhariwal, "Glow" (2018), section 3.1. x, y: (B, H, W, C); bias, logScale: (C); logDet: (B), nats;
/// P = H·W.
/// </para>
/// <code>
/// Forward     y[b,p,c]     = exp(logScale[c]) · (x[b,p,c] + bias[c])
///             logDet[b]   += P · Σ_c logScale[c]
/// Inverse     x            = exp(-logScale) · y - bias
/// Backward    dx           = exp(logScale) · dy
///             dbias[c]    += Σ_{b,p} dx
///             dlogScale   += Σ_{b,p} dy · y  +  P · Σ_b dLogDet[b]
/// Initialize  bias = -mean,  logScale = -ln(deviation + 1e-6)
/// </code>
/// </remarks>
public sealed class ActNorm : PixelAffineLayer
{
    private readonly Parameter _bias;
    private readonly Parameter _logScale;

    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">The channel count C.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="channels"/> is not positive.</exception>
    public ActNorm(ParameterSet parameters, string name, int channels)
        : base(name, channels)
    {
        _bias = parameters.Add($"{name}.bias", [channels]);
        _logScale = parameters.Add($"{name}.log_scale", [channels]);
    }

    /// <inheritdoc/>
    public override void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
        BufferView mean = context.Value(_bias);
        BufferView deviation = context.Value(_logScale);
        context.Backend.ActNormStatistics(input, x, mean, deviation);
        ActNormStart.FromStatistics(context.Backend, mean, deviation);
    }

    internal PixelAffineParameters With(in LayerContext context, InvertibleConv1x1 convolution, bool gradients) =>
        convolution.With(
            context,
            gradients ? context.Gradient(_bias) : context.Value(_bias),
            gradients ? context.Gradient(_logScale) : context.Value(_logScale),
            gradients);

    internal override PixelAffineParameters Parameters(in LayerContext context) =>
        new(Channels, context.Value(_bias), context.Value(_logScale), default, default, default, default, default);

    private protected override PixelAffineParameters Gradients(in LayerContext context) =>
        new(Channels, context.Gradient(_bias), context.Gradient(_logScale), default, default, default, default, default);
}
