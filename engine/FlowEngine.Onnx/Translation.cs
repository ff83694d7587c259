using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Onnx.Format;
using FlowEngine.Tensors;

namespace FlowEngine.Onnx;

/// <summary>A model on its way into a graph: its weights in float64, and what all layers share.</summary>
/// <remarks>
/// Inside a graph images are (B, C, H, W), as ONNX convolves them, and vectors (B, D): channels are the second axis of both.
/// What does not depend on the data is computed by the engine's reference in float64 and is a constant of the graph.
/// </remarks>
internal sealed class Translation : IDisposable
{
    private readonly Flow _flow;
    private readonly ReferenceBackend<double> _backend = new();
    private readonly LayerContext _context;
    private readonly List<DeviceBuffer> _buffers = [];

    public Translation(Model model, OnnxGraph graph)
    {
        _flow = model.Flow;
        Graph = graph;
        _context = new LayerContext(
            _backend,
            Copy(_flow.Parameters.Length, constants: false),
            Copy(_flow.Parameters.ConstantLength, constants: true),
            default,
            default,
            default);

        BufferView Copy(long length, bool constants)
        {
            float[] values = new float[length];
            model.ReadParameters(values, constants);
            BufferView copy = Allocate(length);
            _backend.Write(values, copy);
            return copy;
        }
    }

    /// <summary>What computes constants.</summary>
    public IBackend Backend => _backend;

    /// <summary>The graph.</summary>
    public OnnxGraph Graph { get; }

    /// <summary>The condition, (B, N), where the model has one.</summary>
    public OnnxValue? Condition { get; set; }

    /// <summary>True for vectors, (B, D), false for images.</summary>
    public bool IsOfVectors => _flow is { Height: 1, Width: 1 };

    /// <summary>Every axis but the batch.</summary>
    public long[] DatumAxes => IsOfVectors ? [1] : [1, 2, 3];

    /// <summary>The error for what cannot be in a graph.</summary>
    /// <param name="what">A part of the model.</param>
    public static FlowException Unsupported(string what) =>
        new(FlowErrorKind.Unsupported, $"the model cannot be exported to ONNX: {what}");

    /// <summary>The values of a parameter.</summary>
    public double[] Read(Parameter parameter) => Read(_context.Value(parameter));

    /// <summary>The values of a part of the reference's memory.</summary>
    public double[] Read(BufferView view)
    {
        double[] values = new double[view.Length];
        _backend.Read(view, values);
        return values;
    }

    /// <summary>A context for a layer's or a network's passes on the reference, with room for prepared weights and scratch.</summary>
    public LayerContext Context(long preparedLength, long workspaceLength) => _context with
    {
        Prepared = Allocate(preparedLength),
        Workspace = Allocate(workspaceLength),
    };

    /// <summary>Memory on the reference with some values.</summary>
    public BufferView Write(double[] values)
    {
        BufferView view = Allocate(values.Length);
        _backend.Write(values, view);
        return view;
    }

    /// <summary>A constant for each channel, which applies to whole batches.</summary>
    public OnnxValue PerChannel(double[] values) =>
        Graph.Constant(values, IsOfVectors ? [1, values.Length] : [1, values.Length, 1, 1]);

    /// <summary>The sum of each datum's values, (B).</summary>
    public OnnxValue SumOfDatum(OnnxValue value) => value.Sum(keepAxes: false, DatumAxes);

    /// <summary>Zeros in the shape of a value.</summary>
    public OnnxValue ZerosLike(OnnxValue value) => Graph.Scalar(0).Expand(value.Unary("Shape"));

    /// <summary>A constant of one datum, (1, ...), for every datum of a batch.</summary>
    /// <param name="constant">The constant.</param>
    /// <param name="data">A value with the batch, of so many axes.</param>
    public OnnxValue Repeat(OnnxValue constant, OnnxValue data)
    {
        OnnxValue batch = Graph.Node("Shape", [data], OnnxAttribute.Of("start", 0), OnnxAttribute.Of("end", 1));
        return constant.Expand(Graph.Concat(0, [batch, Graph.Integers([.. DatumAxes.Select(_ => 1L)])]));
    }

    /// <summary>Values of an image, (H, W, C), in the order of the graph.</summary>
    public static double[] ChannelsFirst(double[] values, ImageShape shape)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            result[(i % shape.Channels * shape.PixelsPerImage) + (i / shape.Channels)] = values[i];
        }

        return result;
    }

    public void Dispose()
    {
        _buffers.ForEach(buffer => buffer.Dispose());
        _backend.Dispose();
    }

    private BufferView Allocate(long length)
    {
        DeviceBuffer buffer = _backend.Allocate(length);
        _buffers.Add(buffer);
        return buffer.View;
    }
}
