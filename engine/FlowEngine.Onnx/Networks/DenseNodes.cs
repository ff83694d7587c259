using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>A network of vectors: all of its outputs, or, where it is masked, those of some dimensions.</summary>
internal abstract class DenseNodes(Network network, Translation translation) : NetworkNodes(network, translation)
{
    private double[]? _lastWeight;

    /// <summary>
    /// The dimensions of an autoregressive network in the order in which they are found, those that do not wait for each
    /// other together.
    /// </summary>
    public abstract IReadOnlyList<int[]> Places { get; }

    /// <inheritdoc/>
    public sealed override OnnxValue Apply(OnnxValue x) => Apply(x, null);

    /// <summary>Some of the network's outputs.</summary>
    /// <param name="x">What it reads beside the condition.</param>
    /// <param name="outputs">Which; null for all.</param>
    public OnnxValue Apply(OnnxValue x, IReadOnlyList<int>? outputs) => Run(
        Network.Shape.Conditions > 0 ? Translation.Graph.Concat(1, Translation.Condition!.Value, x) : x, outputs);

    /// <summary>The nodes, of what it reads with the condition in front.</summary>
    protected abstract OnnxValue Run(OnnxValue input, IReadOnlyList<int>? outputs);

    /// <summary>One linear map.</summary>
    /// <param name="x">What it reads.</param>
    /// <param name="name">Its path among the parameters.</param>
    /// <param name="inputs">What it reads, how many.</param>
    /// <param name="units">What it makes, how many.</param>
    /// <param name="reads">Whether a unit reads an input.</param>
    /// <param name="outputs">Of the last map, the units that are wanted; null for all.</param>
    protected OnnxValue Linear(
        OnnxValue x, string name, int inputs, int units, Func<int, int, bool> reads, IReadOnlyList<int>? outputs)
    {
        double[] Weight() => [.. Read($"{name}.weight").Select((value, i) => reads(i / inputs, i % inputs) ? value : 0)];
        double[] Bias() => Read($"{name}.bias");
        if (outputs is null)
        {
            return x.Linear(Constant($"{name}.weight", Weight, units, inputs), Constant($"{name}.bias", Bias, units));
        }

        // Their rows as a constant: a runtime need not fold a gather for each pass.
        double[] weight = _lastWeight ??= Weight();
        double[] bias = Bias();
        return x.Linear(
            Translation.Graph.Constant(
                [.. outputs.SelectMany(unit => weight[(unit * inputs)..((unit + 1) * inputs)])], outputs.Count, inputs),
            Translation.Graph.Constant([.. outputs.Select(unit => bias[unit])], outputs.Count));
    }
}
