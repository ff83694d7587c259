using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// A coupling by splines (RQ-NSF (C)): the first ⌊D/2⌋ values pass, and decide by a dense network what happens to the others.
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
    /// <param name="spline">Bins, bound and parametrization.</param>
    /// <param name="conditions">Numbers of a condition that the network reads; 0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public SplineCoupling(
        ParameterSet parameters,
        string name,
        int dims,
        int hidden,
        int hiddenLayers,
        RationalQuadraticSpline spline,
        int conditions = 0)
        : base(name, dims, dims / 2, spline, new Network(
            parameters,
            name,
            new DenseNetworkShape(
                conditions + (dims / 2),
                hidden,
                hiddenLayers,
                (dims - (dims / 2)) * spline.ParametersLength,
                IsAutoregressive: false,
                conditions)))
    {
    }

    private protected override bool HasSlowInverse => false;

    /// <inheritdoc/>
    public override void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x) =>
        context.Backend.Splines.Inverse(Spline, input, Passing, y, NetworkOutput(context, input, y), x);
}
