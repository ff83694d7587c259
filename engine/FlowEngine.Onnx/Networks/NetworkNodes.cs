using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>One network as nodes of a graph; the formulae stand at its <see cref="NetworkShape"/>.</summary>
internal abstract class NetworkNodes(Network network, Translation translation)
{
    private readonly Dictionary<string, OnnxValue> _constants = [];

    protected Network Network => network;

    protected Translation Translation => translation;

    /// <summary>The nodes of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="owner">What it belongs to, for messages.</param>
    /// <param name="shape">The shape of its input, of one datum.</param>
    /// <param name="translation">The model.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Unsupported"/>: there are none for such a network.</exception>
    public static NetworkNodes Of(Network network, string owner, ImageShape shape, Translation translation) =>
        (network.Shape, translation.IsOfVectors) switch
        {
            (DenseNetworkShape dense, true) => new DenseNetworkNodes(network, dense, translation),
            (LayeredNetworkShape layered, true) => new LayeredNetworkNodes(network, layered, translation),
            (PixelNetworkShape pixel, false) => new PixelNetworkNodes(network, pixel, shape, translation),
            (ResidualNetworkShape residual, false) => new ResidualNetworkNodes(network, residual, translation),
            (ZeroConvolutionShape convolution, false) => new ZeroConvolutionNodes(network, convolution, translation),
            _ => throw Translation.Unsupported(
                $"{owner} has a {network.Shape.GetType().Name} for {(translation.IsOfVectors ? "vectors" : "images")}, for which "
                + "there are no nodes"),
        };

    /// <summary>The network's output.</summary>
    /// <param name="x">What it reads beside the condition.</param>
    public abstract OnnxValue Apply(OnnxValue x);

    /// <summary>A constant that is made once, however often the network runs.</summary>
    protected OnnxValue Constant(string name, Func<double[]> values, params long[] sizes)
    {
        if (!_constants.TryGetValue(name, out OnnxValue constant))
        {
            constant = translation.Graph.Constant(values(), sizes);
            _constants.Add(name, constant);
        }

        return constant;
    }

    /// <summary>A 3x3 convolution with an output scale, as a <see cref="ZeroConvolutionShape"/> is.</summary>
    /// <param name="x">Its input.</param>
    /// <param name="prefix">What names of its parameters begin with.</param>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="outsideReadsOne">What taps outside the image read.</param>
    protected OnnxValue OutputConvolution(OnnxValue x, string prefix, int inputs, int outputs, bool outsideReadsOne)
    {
        OnnxValue weight = Constant(
            $"{prefix}weight", () => Scaled(Read($"{prefix}weight"), OutputScale()), outputs, inputs, 3, 3);
        OnnxValue bias = Constant($"{prefix}bias", () => Scaled(Read($"{prefix}bias"), OutputScale()), outputs);
        return outsideReadsOne
            ? x.Pad(1, 0, 0, 1, 1, 0, 0, 1, 1).Convolve(weight, bias, margin: 0)
            : x.Convolve(weight, bias, margin: 1);

        double[] OutputScale() => Scale($"{prefix}log_scale", 3);
    }

    /// <summary>A parameter in the order of files: of a convolution (out, in, rows, columns).</summary>
    protected double[] Read(string name)
    {
        int index = network.Shape.Parameters.TakeWhile(parameter => parameter.Name != name).Count();
        return network.Parameters[index].ToFile(translation.Read(network.Parameters[index]));
    }

    /// <summary>e^(a factor times a log scale), for each output channel.</summary>
    protected double[] Scale(string name, double factor = 1) => Array.ConvertAll(Read(name), value => Math.Exp(factor * value));

    /// <summary>Rows times a scale of each.</summary>
    protected static double[] Scaled(double[] rows, double[] scales)
    {
        int length = rows.Length / scales.Length;
        return [.. rows.Select((value, i) => value * scales[i / length])];
    }
}
