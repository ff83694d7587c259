namespace FlowEngine.Checkpoints;

/// <summary>Tensors by name, taken out one by one; what is missing, misshapen or left over is an error.</summary>
internal sealed class TensorTable
{
    private readonly Dictionary<string, NamedTensor> _tensors = [];

    /// <summary>Fills the table, with a prefix removed from the names that have it.</summary>
    internal TensorTable(IEnumerable<NamedTensor> tensors, string prefix = "")
    {
        foreach (NamedTensor tensor in tensors)
        {
            string name = tensor.Name.StartsWith(prefix, StringComparison.Ordinal)
                ? tensor.Name[prefix.Length..]
                : tensor.Name;
            if (!_tensors.TryAdd(name, tensor))
            {
                throw Bad(name, "is there twice");
            }
        }
    }

    internal IEnumerable<string> Names => _tensors.Keys;

    internal static FlowException Bad(string name, string message) =>
        new(FlowErrorKind.BadFormat, $"tensor {NamedTensor.Quote(name)} {message}");

    internal bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>One dimension of a tensor that stays in the table.</summary>
    internal int Dimension(string name, int rank, int axis)
    {
        NamedTensor tensor = Find(name);
        if (tensor.Shape.Length != rank || tensor.Shape[axis] is < 1 or > int.MaxValue)
        {
            throw Bad(name, $"has shape {NamedTensor.Describe(tensor.Shape)}; expected {rank} positive dimensions");
        }

        return (int)tensor.Shape[axis];
    }

    /// <summary>The shape of a tensor that stays in the table.</summary>
    internal ReadOnlySpan<long> ShapeOf(string name) => Find(name).Shape;

    /// <summary>Takes a tensor of finite floating-point numbers: F64 stays, other types become F32.</summary>
    internal NamedTensor TakeReal(string name, params ReadOnlySpan<long> shape)
    {
        NamedTensor tensor = Take(name, shape);
        if (!TensorTypes.IsFloatingPoint(tensor.Type))
        {
            throw Bad(name, $"has type {TensorTypes.NameOf(tensor.Type)}; expected floating point");
        }

        if (tensor.Type is not (TensorType.F32 or TensorType.F64))
        {
            tensor = new NamedTensor(tensor.Name, tensor.ToSingles(), shape);
        }

        bool finite = tensor.Type == TensorType.F64
            ? AllFinite(tensor.AsSpan<double>())
            : AllFinite(tensor.AsSpan<float>());
        return finite ? tensor : throw Bad(name, "holds NaN or infinity");
    }

    /// <summary>Takes a tensor of any type.</summary>
    internal NamedTensor Take(string name, params ReadOnlySpan<long> shape)
    {
        NamedTensor tensor = Find(name);
        if (!tensor.Shape.SequenceEqual(shape))
        {
            throw Bad(name, $"has shape {NamedTensor.Describe(tensor.Shape)}; expected {NamedTensor.Describe(shape)}");
        }

        _tensors.Remove(name);
        return tensor;
    }

    internal void ExpectEmpty()
    {
        foreach (string name in _tensors.Keys)
        {
            throw Bad(name, "is not part of such a model");
        }
    }

    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AllFinite(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (!double.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    private NamedTensor Find(string name) =>
        _tensors.TryGetValue(name, out NamedTensor? tensor) ? tensor : throw Bad(name, "is missing");
}
