using FlowEngine.Checkpoints;

namespace FlowEngine.Interop;

/// <summary>The state dict of another library's flow, taken out part by part, in float64.</summary>
internal sealed class ForeignState(IEnumerable<NamedTensor> tensors)
{
    private readonly TensorTable _table = new(tensors);

    /// <summary>True if there is such a tensor.</summary>
    public bool Contains(string name) => _table.Contains(name);

    /// <summary>One dimension of a matrix.</summary>
    public int Dimension(string name, int axis) => _table.Dimension(name, 2, axis);

    /// <summary>Real numbers of a shape.</summary>
    public double[] Numbers(string name, params ReadOnlySpan<long> shape) => _table.TakeReal(name, shape).ToDoubles();

    /// <summary>The positions of some features, as integers.</summary>
    public int[] Indices(string name, int count, int limit)
    {
        int[] values = Array.ConvertAll(_table.Take(name, count).ToDoubles(), value => (int)value);
        return values.All(value => value >= 0 && value < limit)
            ? values
            : throw TensorTable.Bad(name, $"holds an index that is not in 0 to {limit - 1}");
    }

    /// <summary>The order of a permutation.</summary>
    public int[] Permutation(string name, int count)
    {
        int[] order = Indices(name, count, count);
        return order.Distinct().Count() == count ? order : throw TensorTable.Bad(name, "is no permutation");
    }

    /// <summary>How many features a vector of indices names.</summary>
    public int Count(string name) => _table.Dimension(name, 1, 0);

    /// <summary>A linear layer, inside its mask where it has one.</summary>
    public LinearRows Linear(string name)
    {
        int outputs = Dimension($"{name}.weight", 0);
        int inputs = Dimension($"{name}.weight", 1);
        double[] weights = Numbers($"{name}.weight", outputs, inputs);
        if (Contains($"{name}.mask"))
        {
            double[] mask = _table.Take($"{name}.mask", outputs, inputs).ToDoubles();
            weights = [.. weights.Zip(mask, (weight, isRead) => weight * isRead)];
        }

        Drop($"{name}.degrees", outputs);
        return new([.. weights.Chunk(inputs)], Numbers($"{name}.bias", outputs));
    }

    /// <summary>Takes a tensor that says nothing.</summary>
    public void Drop(string name, params ReadOnlySpan<long> shape)
    {
        if (Contains(name))
        {
            _table.Take(name, shape);
        }
    }

    /// <summary>Everything was taken.</summary>
    public void ExpectEmpty() => _table.ExpectEmpty();
}
