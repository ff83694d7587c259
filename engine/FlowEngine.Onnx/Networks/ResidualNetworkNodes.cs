using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;
using FlowEngine.Tensors;

namespace FlowEngine.Onnx.Networks;

/// <summary>The nodes of a <see cref="ResidualNetworkShape"/>.</summary>
internal sealed class ResidualNetworkNodes : NetworkNodes
{
    private readonly ResidualNetworkShape _shape;
    private readonly double[] _prepared;

    public ResidualNetworkNodes(Network network, ResidualNetworkShape shape, Translation translation)
        : base(network, translation)
    {
        // The reference prepares the normalized weights, laid out as the parameters.
        _shape = shape;
        LayerContext context = translation.Context(network.PreparedLength(translation.Backend, backward: false), 0);
        network.Prepare(context);
        _prepared = translation.Read(context.Prepared);
    }

    public override OnnxValue Apply(OnnxValue x)
    {
        OnnxValue sum = Layer(x, 0);
        for (int block = 0; block < _shape.Blocks; block++)
        {
            OnnxValue inner = Layer(sum.Relu(), (2 * block) + 1);
            sum += Layer(inner.Relu(), (2 * block) + 2);
        }

        return Layer(sum.Relu(), _shape.Layers - 1);
    }

    private OnnxValue Layer(OnnxValue x, int layer)
    {
        int size = _shape.IsLast(layer) ? 1 : 3;
        Parameter weight = Network.Parameters.First(
            parameter => parameter.Name.EndsWith($"layers.{layer}.weight", StringComparison.Ordinal));
        return x.Convolve(
            Constant(
                $"{layer}.weight",
                () => weight.ToFile(_prepared.AsSpan((int)_shape.WeightOffset(layer), weight.Length)),
                _shape.OutputsOf(layer),
                _shape.InputsOf(layer),
                size,
                size),
            Constant($"{layer}.bias", () => Read($"layers.{layer}.bias"), _shape.OutputsOf(layer)),
            margin: size / 2);
    }
}
