using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;
using FlowEngine.Onnx.Networks;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="MaskedAutoregressive"/>.</summary>
internal sealed class MaskedAutoregressiveNodes(MaskedAutoregressive layer, ImageShape shape, Translation translation)
    : ILayerNodes
{
    private const int OutputsPerDim = 2;

    private readonly DenseNodes _network = (DenseNodes)NetworkNodes.Of(layer.Network, layer.Name, shape, translation);

    private bool IsOfData => layer.Direction == AutoregressiveDirection.Density;

    public OnnxValue Forward(OnnxValue x, LogDensity logDet)
    {
        // What the network reads: all of it before one more pass gives the log scales.
        OnnxValue read = IsOfData ? x : SequentialSolve.Run(translation, _network, OutputsPerDim, x, Normalize);
        OnnxValue output = _network.Apply(read);
        logDet.Add(translation.SumOfDatum(-MeanAndLogScale(output).LogScale));
        return IsOfData ? Normalize(x, output) : read;
    }

    public OnnxValue Inverse(OnnxValue y) => IsOfData
        ? SequentialSolve.Run(translation, _network, OutputsPerDim, y, Denormalize)
        : Denormalize(y, _network.Apply(y));

    private static OnnxValue Normalize(OnnxValue x, OnnxValue output)
    {
        (OnnxValue mean, OnnxValue logScale) = MeanAndLogScale(output);
        return (x - mean) * (-logScale).Exp();
    }

    private static OnnxValue Denormalize(OnnxValue y, OnnxValue output)
    {
        (OnnxValue mean, OnnxValue logScale) = MeanAndLogScale(output);
        return (y * logScale.Exp()) + mean;
    }

    private static (OnnxValue Mean, OnnxValue LogScale) MeanAndLogScale(OnnxValue output)
    {
        OnnxValue pairs = output.Reshape(0, -1, OutputsPerDim);
        OnnxValue raw = pairs.At(2, 1);
        return (pairs.At(2, 0), raw / (1 + (raw.Abs() / AutoregressiveScale.Bound)));
    }
}
