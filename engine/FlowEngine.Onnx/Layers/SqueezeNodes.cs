using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="Squeeze"/>.</summary>
/// <param name="shape">The shape of x.</param>
internal sealed class SqueezeNodes(ImageShape shape) : ILayerNodes
{
    public OnnxValue Forward(OnnxValue x, LogDensity logDet) => x
        .Reshape(0, shape.Channels, shape.Height / 2, 2, shape.Width / 2, 2)
        .Transpose(0, 1, 3, 5, 2, 4)
        .Reshape(0, 4 * shape.Channels, shape.Height / 2, shape.Width / 2);

    public OnnxValue Inverse(OnnxValue y) => y
        .Reshape(0, shape.Channels, 2, 2, shape.Height / 2, shape.Width / 2)
        .Transpose(0, 1, 4, 2, 5, 3)
        .Reshape(0, shape.Channels, shape.Height, shape.Width);
}
