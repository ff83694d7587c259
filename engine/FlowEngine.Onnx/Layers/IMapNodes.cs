using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>A monotonic map of single values as nodes of a graph; the formulae stand at the map.</summary>
internal interface IMapNodes
{
    /// <summary>x to y.</summary>
    /// <param name="x">(B, n).</param>
    /// <param name="raw">The raw numbers of each value, (B, n, R).</param>
    /// <param name="logSlope">ln dy/dx, (B, n).</param>
    OnnxValue Forward(OnnxValue x, OnnxValue raw, out OnnxValue logSlope);

    /// <summary>y to x.</summary>
    /// <param name="y">(B, n).</param>
    /// <param name="raw">As in <see cref="Forward"/>.</param>
    OnnxValue Inverse(OnnxValue y, OnnxValue raw);
}
