using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>One layer as nodes of a graph; the formulae stand at the layer.</summary>
internal interface ILayerNodes
{
    /// <summary>x to y.</summary>
    /// <param name="x">The data.</param>
    /// <param name="logDet">Added to.</param>
    OnnxValue Forward(OnnxValue x, LogDensity logDet);

    /// <summary>y to x.</summary>
    /// <param name="y">What <see cref="Forward"/> gives.</param>
    OnnxValue Inverse(OnnxValue y);
}
