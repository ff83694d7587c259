using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// A coupling by splines (RQ-NSF (C)): the first values, as a rule ⌊D/2⌋, pass, and decide by a dense network what happens to the others.
/// </summary>
/// <remarks>Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows" (2019), section 3.2.</remarks>
public sealed class SplineCoupling : SplineLayer
{
    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="dims">D, at least 2.</param>
    /// <param name="passing">How many values, the first ones, are not moved.</param>
    /// <param name="spline">The spline, or another map of single values.</param>
    /// <param name="network">A network from the values that pass to the raw numbers of the maps of the others.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range, or the network's do not match.</exception>
    public SplineCoupling(
        ParameterSet parameters, string name, int dims, int passing, MonotonicMap spline, NetworkShape network)
        : base(parameters, name, dims, passing, spline, network)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dims, 2);
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.InputChannels - network.Conditions, passing);
    }

    private protected override bool HasSlowInverse => false;

    /// <inheritdoc/>
    public override void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        if (!InvertsAtOnce(context, input, y, x))
        {
            context.Backend.Splines.Inverse(Spline, input, Passing, y, NetworkOutput(context, input, y), x);
        }
    }
}
