namespace FlowEngine.Onnx.Format;

/// <summary>A value in a graph: an input, a constant, or what a node makes. Formulae of it add nodes.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Name">Its name there.</param>
internal readonly record struct OnnxValue(OnnxGraph Graph, string Name)
{
    public static OnnxValue operator +(OnnxValue a, OnnxValue b) => a.Graph.Node("Add", [a, b]);

    public static OnnxValue operator +(OnnxValue a, double b) => a + a.Graph.Scalar(b);

    public static OnnxValue operator +(double a, OnnxValue b) => b + a;

    public static OnnxValue operator -(OnnxValue a, OnnxValue b) => a.Graph.Node("Sub", [a, b]);

    public static OnnxValue operator -(OnnxValue a, double b) => a - a.Graph.Scalar(b);

    public static OnnxValue operator -(double a, OnnxValue b) => b.Graph.Scalar(a) - b;

    public static OnnxValue operator -(OnnxValue a) => a.Unary("Neg");

    public static OnnxValue operator *(OnnxValue a, OnnxValue b) => a.Graph.Node("Mul", [a, b]);

    public static OnnxValue operator *(double a, OnnxValue b) => b.Graph.Scalar(a) * b;

    public static OnnxValue operator /(OnnxValue a, OnnxValue b) => a.Graph.Node("Div", [a, b]);

    public static OnnxValue operator /(OnnxValue a, double b) => a / a.Graph.Scalar(b);

    /// <summary>What an operator of one value makes of it.</summary>
    public OnnxValue Unary(string type) => Graph.Node(type, [this]);

    public OnnxValue Abs() => Unary("Abs");

    public OnnxValue Exp() => Unary("Exp");

    public OnnxValue Log() => Unary("Log");

    public OnnxValue Relu() => Unary("Relu");

    public OnnxValue Sigmoid() => Unary("Sigmoid");

    /// <summary>ln(1 + e^x).</summary>
    public OnnxValue Softplus() => Unary("Softplus");

    public OnnxValue Sqrt() => Unary("Sqrt");

    public OnnxValue Tanh() => Unary("Tanh");

    /// <summary>Whether it is at most another.</summary>
    public OnnxValue AtMost(OnnxValue other) => Graph.Node("LessOrEqual", [this, other]);

    /// <summary>Brought between two bounds where it is beyond them.</summary>
    public OnnxValue Clip(double least, double most) => Graph.Node("Clip", [this, Graph.Scalar(least), Graph.Scalar(most)]);

    /// <summary>Of a truth value: one value where it holds, else another.</summary>
    public OnnxValue Where(OnnxValue holds, OnnxValue otherwise) => Graph.Node("Where", [this, holds, otherwise]);

    /// <summary>The same in float64.</summary>
    public OnnxValue ToDouble() => Graph.Node("Cast", [this], OnnxAttribute.Of("to", 11));

    /// <summary>A number in float64 as float32; of a truth value: 1 where it holds, else 0.</summary>
    public OnnxValue ToNumber() => Graph.Node("Cast", [this], OnnxAttribute.Of("to", 1));

    /// <summary>The sum over axes, which go or stay with size 1.</summary>
    public OnnxValue Sum(bool keepAxes, params long[] axes) =>
        Graph.Node("ReduceSum", [this, Graph.Integers(axes)], OnnxAttribute.Of("keepdims", keepAxes ? 1 : 0));

    /// <summary>A part of an axis.</summary>
    public OnnxValue Slice(int axis, long first, long count) => Graph.Node(
        "Slice", [this, Graph.Integers(first), Graph.Integers(first + count), Graph.Integers(axis)]);

    /// <summary>Some channels, the second axis of data.</summary>
    public OnnxValue Channels(long first, long count) => Slice(1, first, count);

    /// <summary>One place of an axis, which goes.</summary>
    public OnnxValue At(int axis, int index) =>
        Graph.Node("Gather", [this, Graph.Index(index)], OnnxAttribute.Of("axis", axis));

    /// <summary>Places of an axis, in any order.</summary>
    public OnnxValue Gather(int axis, IEnumerable<int> places) => Graph.Node(
        "Gather", [this, Graph.Integers([.. places.Select(place => (long)place)])], OnnxAttribute.Of("axis", axis));

    /// <summary>The same values in another shape; a size of 0 stays what it is.</summary>
    public OnnxValue Reshape(params long[] sizes) => Graph.Node("Reshape", [this, Graph.Integers(sizes)]);

    /// <summary>The axes in another order.</summary>
    public OnnxValue Transpose(params long[] axes) => Graph.Node("Transpose", [this], OnnxAttribute.List("perm", axes));

    /// <summary>Repeated along axes of size 1.</summary>
    public OnnxValue Expand(OnnxValue sizes) => Graph.Node("Expand", [this, sizes]);

    /// <summary>More values at the ends of axes: their counts before each axis, then after each.</summary>
    public OnnxValue Pad(double value, params long[] counts) =>
        Graph.Node("Pad", [this, Graph.Integers(counts), Graph.Scalar(value)]);

    /// <summary>x Wᵀ + b of rows x.</summary>
    /// <param name="weight">W, (out, in).</param>
    /// <param name="bias">b, (out).</param>
    public OnnxValue Linear(OnnxValue weight, OnnxValue bias) =>
        Graph.Node("Gemm", [this, weight, bias], OnnxAttribute.Of("transB", 1));

    /// <summary>A convolution of images.</summary>
    /// <param name="weight">(out, in, rows, columns).</param>
    /// <param name="bias">(out).</param>
    /// <param name="margin">Zeros around an image.</param>
    public OnnxValue Convolve(OnnxValue weight, OnnxValue bias, int margin) => Graph.Node(
        "Conv", [this, weight, bias], OnnxAttribute.List("pads", margin, margin, margin, margin));
}
