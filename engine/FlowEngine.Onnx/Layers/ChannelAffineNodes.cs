using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a layer that scales and shifts each channel: y = s (x + o).</summary>
/// <remarks>The layer itself says what s and o are, by what it makes of a pixel of zeros and of one of ones.</remarks>
internal sealed class ChannelAffineNodes : ILayerNodes
{
    private readonly Translation _translation;
    private readonly double[] _scale;
    private readonly double[] _offset;
    private readonly double _logDet;

    public ChannelAffineNodes(IFlowLayer layer, ImageShape shape, Translation translation)
    {
        _translation = translation;
        ImageShape pixels = new(2, 1, 1, shape.Channels);
        LayerContext context = translation.Context(
            layer.PreparedLength(translation.Backend), layer.WorkspaceLength(translation.Backend, pixels, backward: false));
        BufferView y = translation.Write(new double[pixels.Length]);
        BufferView logDet = translation.Write(new double[2]);
        layer.Prepare(context);
        layer.Forward(
            context,
            pixels,
            translation.Write([.. Enumerable.Range(0, (int)pixels.Length).Select(i => i < shape.Channels ? 0.0 : 1.0)]),
            y,
            logDet);
        double[] ofZeros = translation.Read(y.Slice(0, shape.Channels));
        double[] ofOnes = translation.Read(y.Slice(shape.Channels, shape.Channels));
        _scale = [.. ofOnes.Zip(ofZeros, (one, zero) => one - zero)];
        _offset = [.. ofZeros.Zip(_scale, (zero, scale) => zero / scale)];
        _logDet = shape.PixelsPerImage * translation.Read(logDet)[0];
    }

    public OnnxValue Forward(OnnxValue x, LogDensity logDet)
    {
        logDet.Add(_logDet);
        return (x + _translation.PerChannel(_offset)) * _translation.PerChannel(_scale);
    }

    public OnnxValue Inverse(OnnxValue y) =>
        (y / _translation.PerChannel(_scale)) - _translation.PerChannel(_offset);
}
