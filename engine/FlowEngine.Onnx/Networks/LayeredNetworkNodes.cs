using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>The nodes of a <see cref="LayeredNetworkShape"/>, step by step of its plan.</summary>
internal sealed class LayeredNetworkNodes(Network network, LayeredNetworkShape shape, Translation translation)
    : DenseNodes(network, translation)
{
    private readonly LayeredNetworkPlan _plan = shape.Plan;

    public override IReadOnlyList<int[]> Places => shape.Degrees is UnitDegrees degrees
        ?
        [
            .. Enumerable.Range(0, degrees.Inputs.Count)
                .GroupBy(dim => degrees.Inputs[dim])
                .OrderBy(place => place.Key)
                .Select(place => place.ToArray()),
        ]
        : throw Translation.Unsupported("an autoregressive network without masks does not tell the order of its dimensions");

    protected override OnnxValue Run(OnnxValue input, IReadOnlyList<int>? outputs)
    {
        OnnxValue[] values = new OnnxValue[_plan.Widths.Count];
        values[0] = input;
        foreach (NetworkStep step in _plan.Steps)
        {
            OnnxValue source = values[step.Source];
            values[step.Target] = step.Kind switch
            {
                NetworkStepKind.Linear => Linear(step, source, step.Target == _plan.Output ? outputs : null),
                NetworkStepKind.Add => source + values[step.Addend],
                NetworkStepKind.AddActivated => source + Activated(values[step.Addend]),
                NetworkStepKind.AddGated => source + (values[step.Addend] * values[step.Gate].Sigmoid()),
                _ => throw Translation.Unsupported($"there are no nodes for the step {step.Kind} of a network"),
            };
        }

        return values[_plan.Output];
    }

    private OnnxValue Linear(in NetworkStep step, OnnxValue source, IReadOnlyList<int>? outputs)
    {
        NetworkLayer layer = _plan.Layers[step.Layer];
        OnnxValue values = step.Activates ? Activated(source) : source;
        return Linear(
            layer.Inputs == _plan.Widths[step.Source] ? values : values.Channels(layer.FirstInput, layer.Inputs),
            layer.Name,
            layer.Inputs,
            layer.Outputs,
            layer.Reads,
            outputs);
    }

    private OnnxValue Activated(OnnxValue z)
    {
        OnnxGraph graph = Translation.Graph;
        switch (shape.Activation)
        {
            case Activation.Relu:
                return z.Relu();
            case Activation.Tanh:
                return z.Tanh();
            case Activation.Elu:
                return z.Unary("Elu");
            case Activation.Silu:
                return z * z.Sigmoid();
            case Activation.Gelu:
                return 0.5 * (z * (1 + (z / Math.Sqrt(2)).Unary("Erf")));
            case Activation.GeluTanh:
                return z * (2 * Math.Sqrt(2 / Math.PI) * (z + (0.044715 * (z * z * z)))).Sigmoid();
            case Activation.LeakyRelu:
                return graph.Node("PRelu", [z, graph.Scalar(shape.Leak)]);
            default:
                throw Translation.Unsupported($"there are no nodes for the activation {shape.Activation}");
        }
    }
}
