using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of an <see cref="InvertibleConv1x1"/>: one matrix, and one for the inverse.</summary>
internal sealed class PixelAffineNodes : ILayerNodes
{
    private readonly Translation _translation;
    private readonly PixelAffineMap _map;
    private readonly double _logDet;

    public PixelAffineNodes(PixelAffineLayer layer, ImageShape shape, Translation translation)
    {
        _translation = translation;
        LayerContext context = translation.Context(layer.PreparedLength(translation.Backend), 0);
        layer.Prepare(context);
        _map = layer.Map(context);
        _logDet = shape.PixelsPerImage * translation.Read(_map.LogDet)[0];
    }

    public OnnxValue Forward(OnnxValue x, LogDensity logDet)
    {
        logDet.Add(_logDet);
        return Apply(x, _map.Matrix, _map.Offset);
    }

    public OnnxValue Inverse(OnnxValue y) => Apply(y, _map.InverseMatrix, _map.InverseOffset);

    private OnnxValue Apply(OnnxValue value, BufferView matrix, BufferView offset)
    {
        double[] weight = _translation.Read(matrix);
        OnnxValue bias = _translation.Graph.Constant(_translation.Read(offset), _map.Channels);
        return _translation.IsOfVectors
            ? value.Linear(_translation.Graph.Constant(weight, _map.Channels, _map.Channels), bias)
            : value.Convolve(_translation.Graph.Constant(weight, _map.Channels, _map.Channels, 1, 1), bias, margin: 0);
    }
}
