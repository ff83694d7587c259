using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;
using FlowEngine.Onnx.Networks;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="MaskedCoupling"/>.</summary>
internal sealed class MaskedCouplingNodes(MaskedCoupling layer, ImageShape shape, Translation translation) : ILayerNodes
{
    private readonly CouplingMask _mask = layer.Mask;
    private readonly NetworkNodes _network = NetworkNodes.Of(layer.Network, layer.Name, shape, translation);

    public OnnxValue Forward(OnnxValue x, LogDensity logDet)
    {
        (OnnxValue scale, OnnxValue shift) = ScaleAndShift(x);
        logDet.Add(translation.SumOfDatum(scale));
        return Replace(x, (Moved(x) * scale.Exp()) + shift);
    }

    public OnnxValue Inverse(OnnxValue y)
    {
        (OnnxValue scale, OnnxValue shift) = ScaleAndShift(y);
        return Replace(y, (Moved(y) - shift) * (-scale).Exp());
    }

    // 0 and 0 where a color passes.
    private (OnnxValue Scale, OnnxValue Shift) ScaleAndShift(OnnxValue values)
    {
        OnnxValue output = _network.Apply(Passing(values));
        OnnxValue raw = output.Channels(0, _mask.Channels);
        OnnxValue shift = output.Channels(_mask.Channels, _mask.Channels);
        OnnxValue scale = translation.PerChannel(translation.Read(layer.Factor)) * raw.Tanh();
        return _mask.Color is null ? (scale, shift) : (scale * Pixels(moved: true), shift * Pixels(moved: true));
    }

    // What the network reads.
    private OnnxValue Passing(OnnxValue values)
    {
        if (_mask.Color is null)
        {
            return Join(Around(values));
        }

        OnnxValue passes = Pixels(moved: false);
        return translation.Graph.Concat(1, Replace(values, Moved(values) * passes), translation.Repeat(passes, values));
    }

    private OnnxValue Moved(OnnxValue values) =>
        _mask.Channels == layer.Channels ? values : values.Channels(_mask.FirstChannel, _mask.Channels);

    private OnnxValue Replace(OnnxValue values, OnnxValue moved)
    {
        OnnxValue?[] around = Around(values);
        return Join(around[0], moved, around[1]);
    }

    private OnnxValue Join(params IEnumerable<OnnxValue?> parts) => translation.Graph.Concat(1, [.. parts.OfType<OnnxValue>()]);

    // The channels before and after those that are moved; null for none.
    private OnnxValue?[] Around(OnnxValue values)
    {
        int end = _mask.FirstChannel + _mask.Channels;
        return
        [
            _mask.FirstChannel > 0 ? values.Channels(0, _mask.FirstChannel) : null,
            end < layer.Channels ? values.Channels(end, layer.Channels - end) : null,
        ];
    }

    // 1 at the pixels of a color, or at the others: (1, 1, H, W).
    private OnnxValue Pixels(bool moved) => translation.Graph.Constant(
        [
            .. Enumerable.Range(0, shape.PixelsPerImage)
                .Select(p => _mask.Moves(p / shape.Width, p % shape.Width) == moved ? 1.0 : 0.0),
        ],
        1,
        1,
        shape.Height,
        shape.Width);
}
