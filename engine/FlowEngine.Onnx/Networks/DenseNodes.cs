using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>A network of vectors: all of its outputs, or, where it is masked, those of some dimensions.</summary>
internal abstract class DenseNodes(Network network, Translation translation) : NetworkNodes(network, translation)
{
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
    /// <param name="outputs">The units that are wanted; null for all.</param>
    protected OnnxValue Linear(
        OnnxValue x, string name, int inputs, int units, Func<int, int, bool> reads, IReadOnlyList<int>? outputs)
    {
        OnnxValue weight = Constant(
            $"{name}.weight",
            () => [.. Read($"{name}.weight").Select((value, i) => reads(i / inputs, i % inputs) ? value : 0)],
            units,
            inputs);
        OnnxValue bias = Constant($"{name}.bias", () => Read($"{name}.bias"), units);
        return outputs is null
            ? x.Linear(weight, bias)
            : x.Linear(weight.Gather(0, outputs), bias.Gather(0, outputs));
    }
}
