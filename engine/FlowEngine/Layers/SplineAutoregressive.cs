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
    /// <param name="dims">D, at least 2.</param>
    /// <param name="hidden">Units of a hidden layer.</param>
    /// <param name="hiddenLayers">Hidden layers.</param>
    /// <param name="spline">The spline, or another map of single values.</param>
    /// <param name="conditions">Numbers of a condition that the network reads; 0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public SplineAutoregressive(
        ParameterSet parameters,
        string name,
        int dims,
        int hidden,
        int hiddenLayers,
        MonotonicMap spline,
        int conditions = 0)
        : base(name, dims, 0, spline, new Network(
            parameters,
            name,
            new DenseNetworkShape(
                conditions + dims,
                hidden,
                hiddenLayers,
                dims * spline.ParametersLength,
                IsAutoregressive: true,
                conditions)))
    {
    }

    private protected override bool HasSlowInverse => true;

    /// <inheritdoc/>
    public override void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        context.Backend.Copy(y, x);
        for (int pass = 0; pass < Dims; pass++)
        {
            context.Backend.Splines.Inverse(Spline, input, Passing, y, NetworkOutput(context, input, x), x);
        }
    }
}
