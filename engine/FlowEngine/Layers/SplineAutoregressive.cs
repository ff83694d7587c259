using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// A masked autoregressive layer of splines (RQ-NSF (AR)): each dimension is moved by what a MADE makes of those before it.
/// </summary>
/// <remarks>
/// Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows" (2019), section 3.2. The inverse takes D passes of the
/// network: after pass d the first d dimensions are what they stay.
/// </remarks>
public sealed class SplineAutoregressive : SplineLayer
{
    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="dims">D.</param>
    /// <param name="spline">The spline, or another map of single values.</param>
    /// <param name="network">A masked network of D values: the raw numbers of each from those before it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range, or the network's do not match.</exception>
    public SplineAutoregressive(
        ParameterSet parameters, string name, int dims, MonotonicMap spline, NetworkShape network)
        : base(parameters, name, dims, 0, spline, network)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.InputChannels - network.Conditions, dims);
    }

    private protected override bool HasSlowInverse => true;

    /// <inheritdoc/>
    public override void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        if (InvertsAtOnce(context, input, y, x))
        {
            return;
        }

        context.Backend.Copy(y, x);
        for (int pass = 0; pass < Dims; pass++)
        {
            context.Backend.Splines.Inverse(Spline, input, Passing, y, NetworkOutput(context, input, x), x);
        }
    }
}
