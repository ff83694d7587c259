using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>Additive coupling (NICE, Glow's default): shifts the second half of the channels. LogDet is 0.</summary>
/// <remarks>
/// <para>Dinh, Krueger and Bengio, "NICE" (2014), section 3.2.</para>
/// <code>
/// Forward     y₁ = x₁;  y₂ = x₂ + network(x₁)
/// Inverse     x₂ = y₂ - network(y₁)
/// Backward    dx₂ = dshift = dy₂;  dx₁ = dy₁ + network backward(dshift)
/// </code>
/// </remarks>
/// <param name="name">Its path in the model.</param>
/// <param name="channels">C, at least 2; x₁ is the first ⌊C/2⌋ of them.</param>
/// <param name="network">From ⌊C/2⌋ channels to ⌈C/2⌉.</param>
/// <param name="outputBias">
/// The bias of the network's output, which is initialized so that the mean of each channel of y₂ is zero; null to leave
/// the network as it starts.
/// </param>
/// <exception cref="ArgumentOutOfRangeException">C is below 2, or the network's output does not fit.</exception>
public sealed class AdditiveCoupling(string name, int channels, Network network, Parameter? outputBias = null)
    : CouplingLayer(name, CouplingKind.Additive, channels, network)
{
    /// <inheritdoc/>
    public override void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
        base.Initialize(context, input, x);
        if (outputBias is null)
        {
            return;
        }

        IBackend backend = context.Backend;
        int moved = outputBias.Length;
        using DeviceBuffer statistics = backend.Allocate(2L * Channels);
        BufferView mean = statistics.View.Slice(0, Channels);
        backend.ActNormStatistics(input, x, mean, statistics.View.Slice(Channels, Channels));
        double[] shifts = new double[moved];
        backend.Read(mean.Slice(Channels - moved, moved), shifts);
        backend.Write(Array.ConvertAll(shifts, shift => -shift), context.Value(outputBias));
    }
}
