namespace FlowEngine.Interop;

/// <summary>Rows of an affine map: each gives the sum of its weights times what is read, and its bias.</summary>
/// <param name="Weights">A row of weights for each output.</param>
/// <param name="Bias">As many.</param>
internal sealed record LinearRows(double[][] Weights, double[] Bias)
{
    /// <summary>Outputs.</summary>
    public int Count => Bias.Length;

    /// <summary>What a row reads.</summary>
    public int Inputs => Weights.Length == 0 ? 0 : Weights[0].Length;

    /// <summary>Some of the values that are read, as they are.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="inputs">How many are read.</param>
    public static LinearRows Unit(int first, int count, int inputs) => new(
        [.. Enumerable.Range(0, count).Select(row =>
        {
            double[] weights = new double[inputs];
            weights[first + row] = 1;
            return weights;
        })],
        new double[count]);

    /// <summary>All rows, one after the other.</summary>
    public static LinearRows Stack(params ReadOnlySpan<LinearRows> parts)
    {
        List<double[]> weights = [];
        List<double> bias = [];
        foreach (LinearRows part in parts)
        {
            weights.AddRange(part.Weights);
            bias.AddRange(part.Bias);
        }

        return new([.. weights], [.. bias]);
    }

    /// <summary>Each row, and behind it a row of zeros: of a shift, shift and scale.</summary>
    public LinearRows WithoutScale() => Placed([.. Enumerable.Range(0, Count).SelectMany(row => new[] { row, -1 })]);

    /// <summary>Minus each row.</summary>
    public LinearRows Negated() =>
        new([.. Weights.Select(row => Array.ConvertAll(row, weight => -weight))], Array.ConvertAll(Bias, bias => -bias));

    /// <summary>The sum of two maps of the same values.</summary>
    public LinearRows Plus(LinearRows other) => new(
        [.. Fitting(Weights, other.Count == Count && other.Inputs == Inputs).Zip(other.Weights, (left, right) => left.Zip(right, (l, r) => l + r).ToArray())],
        [.. Bias.Zip(other.Bias, (l, r) => l + r)]);

    /// <summary>The difference of two maps of the same values.</summary>
    public LinearRows Minus(LinearRows other) => Plus(other.Negated());

    /// <summary>This map of what another one gives.</summary>
    public LinearRows Of(LinearRows inner) => new(
        [.. Fitting(Weights, Count == 0 || Inputs == inner.Count).Select(row =>
        {
            double[] weights = new double[inner.Inputs];
            for (int k = 0; k < row.Length; k++)
            {
                if (row[k] != 0)
                {
                    for (int i = 0; i < weights.Length; i++)
                    {
                        weights[i] += row[k] * inner.Weights[k][i];
                    }
                }
            }

            return weights;
        })],
        [.. Weights.Zip(Bias, (row, bias) => row.Zip(inner.Bias, (weight, value) => weight * value).Sum() + bias)]);

    /// <summary>Some of the rows, in an order.</summary>
    public LinearRows Rows(IEnumerable<int> rows)
    {
        int[] chosen = Fitting<int[]>([.. rows], rows.All(row => row < Count));
        return new([.. chosen.Select(row => Weights[row])], [.. chosen.Select(row => Bias[row])]);
    }

    /// <summary>Some of the rows, in an order; a row of zeros for -1.</summary>
    public LinearRows Placed(IReadOnlyList<int> rows) => new(
        [.. Fitting(rows, rows.All(row => row < Count)).Select(row => row < 0 ? new double[Inputs] : Weights[row])], [.. rows.Select(row => row < 0 ? 0 : Bias[row])]);

    /// <summary>The same map where what is read comes in another order, or is fewer.</summary>
    /// <param name="columns">Which column comes where; -1 for one that is not read.</param>
    public LinearRows Columns(IReadOnlyList<int> columns) => this with
    {
        Weights = [.. Fitting(Weights, Count == 0 || columns.All(column => column < Inputs)).Select(row => columns.Select(column => column < 0 ? 0 : row[column]).ToArray())],
    };

    /// <summary>What the map gives, each value times a factor plus a summand.</summary>
    public LinearRows Affine(double[] factor, double[] summand)
    {
        LinearRows scaled = Scaled(row => factor[row]);
        return scaled with { Bias = [.. scaled.Bias.Zip(summand, (bias, value) => bias + value)] };
    }

    /// <summary>The same map with each row times a factor.</summary>
    public LinearRows Scaled(Func<int, double> factor) => new(
        [.. Weights.Select((row, r) => Array.ConvertAll(row, weight => weight * factor(r)))],
        [.. Bias.Select((bias, r) => bias * factor(r))]);

    // The sizes of maps come from a file.
    private static T Fitting<T>(T value, bool fits) => fits ? value : throw new FlowException(
        FlowErrorKind.BadFormat, "the sizes of the weights of a network do not fit together, or not the description");
}
