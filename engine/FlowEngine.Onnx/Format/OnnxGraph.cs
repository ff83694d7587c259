using System.Runtime.InteropServices;

namespace FlowEngine.Onnx.Format;

/// <summary>A graph of ONNX nodes under construction, in the order in which they run, and its file.</summary>
internal sealed class OnnxGraph
{
    /// <summary>The operators that are used are those of this version and later ones.</summary>
    private const long OperatorSet = 17;

    /// <summary>The version of the format that came with <see cref="OperatorSet"/>.</summary>
    private const long FormatVersion = 8;

    private const int FloatType = 1;
    private const int IntegerType = 7;
    private const int TruthType = 9;
    private const int DoubleType = 11;

    private readonly List<ProtoMessage> _nodes = [];
    private readonly List<ProtoMessage> _constants = [];
    private readonly List<OnnxTensor> _inputs = [];
    private readonly List<OnnxTensor> _outputs = [];
    private readonly Dictionary<string, OnnxValue> _shared = [];

    /// <summary>What names of nodes begin with: the path of a layer.</summary>
    public string Scope { get; set; } = string.Empty;

    /// <summary>What the graph takes.</summary>
    public IReadOnlyList<OnnxTensor> Inputs => _inputs;

    /// <summary>What the graph gives.</summary>
    public IReadOnlyList<OnnxTensor> Outputs => _outputs;

    /// <summary>Declares an input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="sizes">Its sizes after the batch.</param>
    public OnnxValue Input(string name, params int[] sizes)
    {
        _inputs.Add(new OnnxTensor(name, sizes));
        return new OnnxValue(this, name);
    }

    /// <summary>Makes a value an output.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The value.</param>
    /// <param name="sizes">Its sizes after the batch.</param>
    public void Output(string name, OnnxValue value, params int[] sizes)
    {
        _outputs.Add(new OnnxTensor(name, sizes));
        Append("Identity", name, [value], []);
    }

    /// <summary>A constant in float32.</summary>
    /// <param name="values">Its values, the last axis contiguous.</param>
    /// <param name="sizes">Its sizes.</param>
    public OnnxValue Constant(double[] values, params long[] sizes)
    {
        float[] rounded = Array.ConvertAll(values, value => (float)value);
        return Initializer(FloatType, MemoryMarshal.AsBytes<float>(rounded).ToArray(), sizes);
    }

    /// <summary>A number in float64; the same for the same value.</summary>
    public OnnxValue Double(double value) => Shared(
        $"{value:R}d", () => Initializer(DoubleType, MemoryMarshal.AsBytes<double>([value]).ToArray(), []));

    /// <summary>A constant of truth values.</summary>
    /// <param name="values">Its values, the last axis contiguous.</param>
    /// <param name="sizes">Its sizes.</param>
    public OnnxValue Truths(bool[] values, params long[] sizes) =>
        Initializer(TruthType, MemoryMarshal.AsBytes<bool>(values).ToArray(), sizes);

    /// <summary>A number; the same for the same value.</summary>
    public OnnxValue Scalar(double value) => Shared($"{value:R}", () => Constant([value]));

    /// <summary>Integers, such as sizes; the same for the same values.</summary>
    public OnnxValue Integers(params long[] values) => Shared(
        $"[{string.Join(',', values)}]",
        () => Initializer(IntegerType, MemoryMarshal.AsBytes<long>(values).ToArray(), [values.Length]));

    /// <summary>One integer, without axes.</summary>
    public OnnxValue Index(long value) => Shared(
        $"#{value}", () => Initializer(IntegerType, MemoryMarshal.AsBytes<long>([value]).ToArray(), []));

    /// <summary>What an operator makes of values.</summary>
    public OnnxValue Node(string type, IReadOnlyList<OnnxValue> inputs, params OnnxAttribute[] attributes)
    {
        string name = $"v{_nodes.Count}";
        Append(type, name, inputs, attributes);
        return new OnnxValue(this, name);
    }

    /// <summary>Values side by side on an axis.</summary>
    public OnnxValue Concat(int axis, params OnnxValue[] parts) =>
        parts.Length == 1 ? parts[0] : Node("Concat", parts, OnnxAttribute.Of("axis", axis));

    /// <summary>A ModelProto.</summary>
    /// <param name="name">The name of the graph.</param>
    /// <param name="notes">What else the file says, by key.</param>
    public ReadOnlyMemory<byte> ToFile(string name, IEnumerable<(string Key, string Text)> notes)
    {
        ProtoMessage graph = new ProtoMessage()
            .Add(1, _nodes)
            .Add(2, name)
            .Add(5, _constants)
            .Add(11, _inputs.Select(Declaration))
            .Add(12, _outputs.Select(Declaration));
        return new ProtoMessage()
            .Add(1, FormatVersion)
            .Add(2, "FlowEngine")
            .Add(3, typeof(OnnxGraph).Assembly.GetName().Version!.ToString(3))
            .Add(7, graph)
            .Add(8, new ProtoMessage().Add(1, string.Empty).Add(2, OperatorSet))
            .Add(14, notes.Select(note => new ProtoMessage().Add(1, note.Key).Add(2, note.Text)))
            .Bytes();
    }

    // A ValueInfoProto, whose first axis has a name in place of a size.
    private static ProtoMessage Declaration(OnnxTensor tensor)
    {
        ProtoMessage shape = new ProtoMessage()
            .Add(1, new ProtoMessage().Add(2, "batch"))
            .Add(1, tensor.Sizes.Select(size => new ProtoMessage().Add(1, size)));
        ProtoMessage type = new ProtoMessage().Add(1, new ProtoMessage().Add(1, FloatType).Add(2, shape));
        return new ProtoMessage().Add(1, tensor.Name).Add(2, type);
    }

    private OnnxValue Shared(string key, Func<OnnxValue> make)
    {
        if (!_shared.TryGetValue(key, out OnnxValue value))
        {
            value = make();
            _shared.Add(key, value);
        }

        return value;
    }

    // A NodeProto.
    private void Append(
        string type, string output, IReadOnlyList<OnnxValue> inputs, IReadOnlyList<OnnxAttribute> attributes) =>
        _nodes.Add(new ProtoMessage()
            .Add(1, inputs.Select(input => input.Name))
            .Add(2, output)
            .Add(3, $"{Scope}/{type}.{_nodes.Count}")
            .Add(4, type)
            .Add(5, attributes.Select(attribute => attribute.ToProto())));

    // A TensorProto. Its bytes are little-endian, as every machine's that .NET runs on.
    private OnnxValue Initializer(int type, byte[] bytes, long[] sizes)
    {
        string name = $"c{_constants.Count}";
        ProtoMessage tensor = new();
        foreach (long size in sizes)
        {
            tensor.Add(1, size);
        }

        _constants.Add(tensor.Add(2, type).Add(8, name).Add(9, bytes));
        return new OnnxValue(this, name);
    }
}
