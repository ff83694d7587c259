using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx;

/// <summary>The sum of what layers and priors add to a log density: constants in float64, and values of each datum.</summary>
internal sealed class LogDensity
{
    private double _constant;
    private OnnxValue? _sum;

    /// <summary>Adds the same for every datum.</summary>
    public void Add(double constant) => _constant += constant;

    /// <summary>Adds a value of each datum, (B).</summary>
    public void Add(OnnxValue value) => _sum = _sum is OnnxValue sum ? sum + value : value;

    /// <summary>The sum, (B).</summary>
    /// <param name="data">A value that has the batch, for densities that are only constants.</param>
    public OnnxValue Sum(OnnxValue data)
    {
        OnnxGraph graph = data.Graph;
        OnnxValue zeros = graph.Scalar(0).Expand(
            graph.Node("Shape", [data], OnnxAttribute.Of("start", 0), OnnxAttribute.Of("end", 1)));
        return (_sum ?? zeros) + _constant;
    }
}
