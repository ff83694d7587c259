using FlowEngine.Kernels;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Layers;

/// <summary>The nodes of a <see cref="RationalQuadraticSpline"/>.</summary>
internal sealed class RationalQuadraticNodes(RationalQuadraticSpline spline) : IMapNodes
{
    private const int BinAxis = 2;

    public OnnxValue Forward(OnnxValue x, OnnxValue raw, out OnnxValue logSlope)
    {
        Bin bin = Find(x, raw, ofHeights: false);
        OnnxValue xi = ((x - bin.X) / bin.Width).Clip(0, 1);
        OnnxValue eta = 1 - xi;
        OnnxValue s = bin.Height / bin.Width;
        OnnxValue cross = xi * eta;
        OnnxValue d = (s * ((xi * xi) + (eta * eta))) + ((bin.Left + bin.Right) * cross);
        OnnxValue p = (bin.Right * (xi * xi)) + (2 * s * cross) + (bin.Left * (eta * eta));
        OnnxValue y = bin.Y + (bin.Height * (((s * (xi * xi)) + (bin.Left * cross)) / d));
        OnnxValue isInside = IsInside(x);
        OnnxValue ratio = s / d;
        logSlope = isInside.Where((ratio * ratio * p).Log(), x.Graph.Scalar(0));
        return isInside.Where(Within(y), x);
    }

    public OnnxValue Inverse(OnnxValue y, OnnxValue raw)
    {
        Bin bin = Find(y, raw, ofHeights: true);
        OnnxValue t = ((y - bin.Y) / bin.Height).Clip(0, 1);
        OnnxValue u = 1 - t;
        OnnxValue s = bin.Height / bin.Width;
        OnnxValue m = (bin.Left * u) - (bin.Right * t);
        OnnxValue g = m.Abs() + ((m * m) + (4 * (s * s * t * u))).Sqrt();
        OnnxValue rise = 2 * (s * t);
        OnnxValue xi = y.Graph.Scalar(0).AtMost(m).Where(rise / (rise + g), g / (g + (2 * (s * u))));
        return IsInside(y).Where(Within(bin.X + (bin.Width * xi)), y);
    }

    private OnnxValue IsInside(OnnxValue value) => value.Abs().AtMost(value.Graph.Scalar(spline.Bound));

    // Beyond a bound whose slope is not 1 the way back is another one: rounding must not lead there.
    private OnnxValue Within(OnnxValue value) => spline.HasFreeEnds ? value.Clip(-spline.Bound, spline.Bound) : value;

    // The bin of each value, by its widths or by its heights: a product with a row that is 1 in that bin and else 0.
    private Bin Find(OnnxValue value, OnnxValue raw, bool ofHeights)
    {
        OnnxGraph graph = value.Graph;
        int bins = spline.Bins;
        (OnnxValue widths, OnnxValue xs) = Sizes(raw.Slice(BinAxis, 0, spline.Sizes));
        (OnnxValue heights, OnnxValue ys) = Sizes(raw.Slice(BinAxis, spline.Sizes, spline.Sizes));
        OnnxValue slopes = Slopes(raw.Slice(BinAxis, 2 * spline.Sizes, spline.Slopes));
        OnnxValue knots = (ofHeights ? ys : xs).Slice(BinAxis, 1, bins - 1);
        OnnxValue index = knots.AtMost(value.Reshape(0, -1, 1)).ToNumber().Sum(keepAxes: true, BinAxis);
        OnnxValue isBin = graph
            .Node("Equal", [index, graph.Constant([.. Enumerable.Range(0, bins).Select(k => (double)k)], bins)])
            .ToNumber();
        return new Bin(
            Pick(xs),
            Pick(widths),
            Pick(ys),
            Pick(heights),
            Pick(slopes.Slice(BinAxis, 0, bins)),
            Pick(slopes.Slice(BinAxis, 1, bins)));

        OnnxValue Pick(OnnxValue ofBins) => (ofBins * isBin).Sum(keepAxes: false, BinAxis);
    }

    // The sizes of the bins and the knots at their left, which are summed in float64: an error of a knot is one of the value, many
    // times over in a steep bin.
    private (OnnxValue Sizes, OnnxValue Knots) Sizes(OnnxValue raw)
    {
        OnnxGraph graph = raw.Graph;
        OnnxValue softmax = graph.Node(
            "Softmax", [Bent(raw, spline.SizeBend).ToDouble()], OnnxAttribute.Of("axis", BinAxis));
        OnnxValue sizes = (softmax * graph.Double(spline.FreeSize)) + graph.Double(2 * spline.Bound * spline.LeastSize);
        if (spline.HasFreeEnds)
        {
            OnnxValue half = sizes.Slice(BinAxis, 0, 1) * graph.Double(0.5);
            sizes = graph.Concat(BinAxis, half, sizes.Slice(BinAxis, 1, spline.Sizes - 1), half);
        }

        OnnxValue knots = graph.Node("CumSum", [sizes, graph.Index(BinAxis)], OnnxAttribute.Of("exclusive", 1))
            - graph.Double(spline.Bound);
        return (sizes.ToNumber(), knots.ToNumber());
    }

    // Those of all knots.
    private OnnxValue Slopes(OnnxValue raw) => spline.HasExponentialSlopes ? WithEnds(Bent(raw, spline.SlopeBend).Exp())
        : spline.HasFreeEnds ? (raw + spline.SlopeOffset).Softplus() + spline.LeastSlope
        : WithEnds(raw.Softplus() + spline.LeastSlope);

    private static OnnxValue WithEnds(OnnxValue slopes) => slopes.Pad(1, 0, 0, 1, 0, 0, 1);

    private static OnnxValue Bent(OnnxValue raw, double bend) => bend == 0 ? raw : raw / (1 + (bend * raw.Abs()));

    private readonly record struct Bin(
        OnnxValue X, OnnxValue Width, OnnxValue Y, OnnxValue Height, OnnxValue Left, OnnxValue Right);
}
