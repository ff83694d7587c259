namespace FlowEngine.Interop;

/// <summary>
/// Where the units of a masked network go: each among those of its degree, as many for each degree, as
/// <see cref="Kernels.DenseNetworkShape"/> orders them.
/// </summary>
internal sealed class UnitPlaces
{
    private readonly int _dims;
    private readonly int _lowest;
    private int _slots = 1;

    /// <summary>Places of the units of a network.</summary>
    /// <param name="dims">D: the inputs after the condition.</param>
    /// <param name="conditions">Inputs of a condition, the first ones.</param>
    public UnitPlaces(int dims, int conditions)
    {
        _dims = dims;
        _lowest = conditions > 0 ? 0 : 1;
        Inputs = [.. Enumerable.Range(0, conditions + dims).Select(i => Math.Max(0, i + 1 - conditions))];
    }

    /// <summary>The degrees of the inputs: 0 of a condition, i + 1 of dimension i.</summary>
    public int[] Inputs { get; }

    /// <summary>Units of a hidden layer.</summary>
    public int Width => (_dims - _lowest) * _slots;

    /// <summary>The degrees of the units that a layer makes: the largest of what they read.</summary>
    public int[] Degrees(LinearRows layer, int[] read) =>
        [.. layer.Weights.Select(row => row.Select((weight, i) => weight == 0 ? _lowest : read[i]).Append(_lowest).Max())];

    /// <summary>Makes room for a hidden layer. Units of degree D are read by no output and have no place.</summary>
    public void Reserve(int[] degrees) => _slots = Math.Max(
        _slots,
        degrees.Where(degree => degree < _dims).GroupBy(degree => degree).Select(group => group.Count()).DefaultIfEmpty(1).Max());

    /// <summary>The units of a hidden layer by their places; -1 where there is none.</summary>
    public int[] Of(int[] degrees)
    {
        int[] units = [.. Enumerable.Repeat(-1, Width)];
        int[] taken = new int[_dims];
        for (int unit = 0; unit < degrees.Length; unit++)
        {
            if (degrees[unit] < _dims)
            {
                units[((degrees[unit] - _lowest) * _slots) + taken[degrees[unit]]++] = unit;
            }
        }

        return units;
    }

    /// <summary>Checks that the outputs of a dimension read nothing behind the dimensions before it.</summary>
    /// <exception cref="FlowException">One does.</exception>
    public void CheckOutputs(LinearRows output, int[] read)
    {
        int perDim = output.Count / _dims;
        int[] degrees = Degrees(output, read);
        for (int row = 0; row < output.Count; row++)
        {
            if (degrees[row] > Math.Max(row / perDim, _lowest)
                || (row < perDim && _lowest == 1 && output.Weights[row].Any(weight => weight != 0)))
            {
                throw new FlowException(
                    FlowErrorKind.Unsupported,
                    $"output {row} of its network reads a value that is not before it in the order of the transform");
            }
        }
    }
}
