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

    /// <summary>A number for each feature, or one for all.</summary>
    public double[] NumbersOfEach(string name, int count)
    {
        double[] values = _table.TakeReal(name, _table.ShapeOf(name)).ToDoubles();
        return values.Length == count ? values
            : values.Length == 1 ? [.. Enumerable.Repeat(values[0], count)]
            : throw TensorTable.Bad(name, $"has {values.Length} numbers, expected 1 or {count}");
    }

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

        Drop($"{name}.degrees");
        return new(
            [.. weights.Chunk(inputs)], Contains($"{name}.bias") ? Numbers($"{name}.bias", outputs) : new double[outputs]);
    }

    /// <summary>A BatchNorm1d in evaluation; null if there is none.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="count">Values it normalizes.</param>
    /// <param name="eps">What it adds to a variance.</param>
    public Func<LinearRows, LinearRows>? BatchNorm(string name, int count, double eps)
    {
        if (!Contains($"{name}.running_var"))
        {
            return null;
        }

        double[] weight = Numbers($"{name}.weight", count);
        double[] bias = Numbers($"{name}.bias", count);
        double[] mean = Numbers($"{name}.running_mean", count);
        double[] variance = Numbers($"{name}.running_var", count);
        Drop($"{name}.num_batches_tracked");
        double[] factor = [.. weight.Zip(variance, (w, v) => w / Math.Sqrt(v + eps))];
        double[] summand = [.. Enumerable.Range(0, count).Select(i => bias[i] - (factor[i] * mean[i]))];
        return rows => rows.Affine(factor, summand);
    }

    /// <summary>Takes a tensor that says nothing.</summary>
    public void Drop(string name)
    {
        if (Contains(name))
        {
            _table.Take(name, _table.ShapeOf(name));
        }
    }

    /// <summary>Everything was taken.</summary>
    public void ExpectEmpty() => _table.ExpectEmpty();
}
