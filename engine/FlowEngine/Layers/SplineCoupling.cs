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
    /// <param name="hidden">Units of a hidden layer.</param>
    /// <param name="hiddenLayers">Hidden layers.</param>
    /// <param name="spline">The spline, or another map of single values.</param>
    /// <param name="conditions">Numbers of a condition that the network reads; 0 for none.</param>
    /// <param name="passing">How many values, the first ones, are not moved; ⌊D/2⌋ where none is given.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public SplineCoupling(
        ParameterSet parameters,
        string name,
        int dims,
        int hidden,
        int hiddenLayers,
        MonotonicMap spline,
        int conditions = 0,
        int? passing = null)
        : base(name, dims, passing ?? (dims / 2), spline, new Network(
            parameters,
            name,
            new DenseNetworkShape(
                conditions + (passing ?? (dims / 2)),
                hidden,
                hiddenLayers,
                (dims - (passing ?? (dims / 2))) * spline.ParametersLength,
                IsAutoregressive: false,
                conditions)))
    {
    }

    private protected override bool HasSlowInverse => false;

    /// <inheritdoc/>
    public override void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.Splines.Inverse(Spline, input, Passing, y, NetworkOutput(context, input, y), x);
}
