using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of every kind of layer.</summary>
internal static class LayerNodes
{
    /// <summary>The nodes of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="shape">The shape of its input, of one datum.</param>
    /// <param name="translation">The model.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Unsupported"/>: there are none for such a layer.</exception>
    public static ILayerNodes Of(IFlowLayer layer, ImageShape shape, Translation translation) => layer switch
    {
        Squeeze => new SqueezeNodes(shape),
        Permutation permutation => new PermutationNodes(permutation, translation),
        ActNorm or BatchNorm or ChannelScale => new ChannelAffineNodes(layer, shape, translation),
        InvertibleConv1x1 convolution => new PixelAffineNodes(convolution, shape, translation),
        ElementwiseLayer elementwise => new ElementwiseNodes(elementwise, shape, translation),
        CouplingLayer coupling => new CouplingNodes(coupling, shape, translation),
        MaskedCoupling coupling => new MaskedCouplingNodes(coupling, shape, translation),
        MaskedAutoregressive autoregressive => new MaskedAutoregressiveNodes(autoregressive, shape, translation),
        SplineLayer spline => new SplineNodes(spline, shape, translation),
        _ => throw Translation.Unsupported($"the layer {layer.Name} is a {layer.GetType().Name}, for which there are no nodes"),
    };
}
