using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>The nodes of a <see cref="ZeroConvolutionShape"/>.</summary>
internal sealed class ZeroConvolutionNodes(Network network, ZeroConvolutionShape shape, Translation translation)
    : NetworkNodes(network, translation)
{
    public override OnnxValue Apply(OnnxValue x) =>
        OutputConvolution(x, string.Empty, shape.InputChannels, shape.OutputChannels, shape.OutsideReadsOne);
}
