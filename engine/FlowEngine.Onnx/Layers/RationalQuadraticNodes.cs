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
        OnnxValue xi = (x - bin.X) / bin.Width;
        OnnxValue eta = 1 - xi;
        OnnxValue s = bin.Height / bin.Width;
        OnnxValue cross = xi * eta;
        OnnxValue d = (s * ((xi * xi) + (eta * eta))) + ((bin.Left + bin.Right) * cross);
        OnnxValue p = (bin.Right * (xi * xi)) + (2 * s * cross) + (bin.Left * (eta * eta));
        OnnxValue y = bin.Y + (bin.Height * (((s * (xi * xi)) + (bin.Left * cross)) / d));
        OnnxValue isInside = IsInside(x);
        OnnxValue ratio = s / d;
        logSlope = isInside.Where((ratio * ratio * p).Log(), x.Graph.Scalar(0));
        return isInside.Where(y, x);
    }

    public OnnxValue Inverse(OnnxValue y, OnnxValue raw)
    {
        Bin bin = Find(y, raw, ofHeights: true);
        OnnxValue t = (y - bin.Y) / bin.Height;
        OnnxValue u = 1 - t;
        OnnxValue s = bin.Height / bin.Width;
        OnnxValue m = (bin.Left * u) - (bin.Right * t);
        OnnxValue g = m.Abs() + ((m * m) + (4 * (s * s * t * u))).Sqrt();
        OnnxValue rise = 2 * (s * t);
        OnnxValue xi = y.Graph.Scalar(0).AtMost(m).Where(rise / (rise + g), g / (g + (2 * (s * u))));
        return IsInside(y).Where(bin.X + (bin.Width * xi), y);
    }

    private OnnxValue IsInside(OnnxValue value) => value.Abs().AtMost(value.Graph.Scalar(spline.Bound));

    // The bin of each value, by its widths or by its heights: a product with a row that is 1 in that bin and else 0.
    private Bin Find(OnnxValue value, OnnxValue raw, bool ofHeights)
    {
        OnnxGraph graph = value.Graph;
        int bins = spline.Bins;
        OnnxValue widths = Sizes(raw.Slice(BinAxis, 0, bins));
        OnnxValue heights = Sizes(raw.Slice(BinAxis, bins, bins));
        OnnxValue slopes = Slopes(raw.Slice(BinAxis, 2 * bins, bins - 1));
        (OnnxValue xs, OnnxValue ys) = (LeftKnots(widths), LeftKnots(heights));
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
            Pick(slopes.Pad(1, 0, 0, 1, 0, 0, 0)),
            Pick(slopes.Pad(1, 0, 0, 0, 0, 0, 1)));

        OnnxValue Pick(OnnxValue ofBins) => (ofBins * isBin).Sum(keepAxes: false, BinAxis);
    }

    private OnnxValue Sizes(OnnxValue raw)
    {
        double free = 2 * spline.Bound * (1 - (spline.Bins * spline.LeastSize));
        OnnxValue softmax = raw.Graph.Node("Softmax", [Bent(raw, spline.SizeBend)], OnnxAttribute.Of("axis", BinAxis));
        return (free * softmax) + (2 * spline.Bound * spline.LeastSize);
    }

    private OnnxValue Slopes(OnnxValue raw) => spline.HasExponentialSlopes
        ? Bent(raw, spline.SlopeBend).Exp()
        : raw.Softplus() + spline.LeastSlope;

    private OnnxValue LeftKnots(OnnxValue sizes) => sizes.Graph.Node(
        "CumSum", [sizes, sizes.Graph.Index(BinAxis)], OnnxAttribute.Of("exclusive", 1)) - spline.Bound;

    private static OnnxValue Bent(OnnxValue raw, double bend) => bend == 0 ? raw : raw / (1 + (bend * raw.Abs()));

    private readonly record struct Bin(
        OnnxValue X, OnnxValue Width, OnnxValue Y, OnnxValue Height, OnnxValue Left, OnnxValue Right);
}
