namespace FlowEngine.Kernels;

/// <summary>
/// The masks of a network by degrees: a unit reads what has its degree or a lower one. A condition is read by all.
/// </summary>
/// <param name="Inputs">The degrees of the inputs that are no condition.</param>
/// <param name="Hidden">The degrees of the units of each hidden layer; in a residual network one list for all.</param>
/// <param name="Outputs">The degrees of the outputs.</param>
public sealed record UnitDegrees(
    IReadOnlyList<int> Inputs, IReadOnlyList<IReadOnlyList<int>> Hidden, IReadOnlyList<int> Outputs)
{
    /// <summary>The outputs of each dimension read the dimensions before it, in an order of them.</summary>
    /// <param name="order">The place of each dimension in the order, from 0; those of one place do not read each other.</param>
    /// <param name="widths">The units of each list of <see cref="Hidden"/>; their degrees are spread evenly, and rise.</param>
    /// <param name="outputsPerDim">Outputs of a dimension.</param>
    /// <param name="conditions">True where a condition is read: some units then read nothing else.</param>
    public static UnitDegrees Autoregressive(
        IReadOnlyList<int> order, IReadOnlyList<int> widths, int outputsPerDim, bool conditions)
    {
        int lowest = conditions ? -1 : 0;
        int degrees = Math.Max(1, order.Max() - lowest);
        return new(
            [.. order],
            [.. widths.Select(width => (IReadOnlyList<int>)
                [.. Enumerable.Range(0, width).Select(unit => lowest + (int)((long)unit * degrees / width))])],
            [.. order.SelectMany(place => Enumerable.Repeat(place - 1, outputsPerDim))]);
    }

    /// <summary>True for the same degrees.</summary>
    /// <param name="other">Other degrees.</param>
    public bool Equals(UnitDegrees? other) =>
        other is not null
        && Inputs.SequenceEqual(other.Inputs)
        && Outputs.SequenceEqual(other.Outputs)
        && Hidden.Count == other.Hidden.Count
        && Hidden.Zip(other.Hidden).All(pair => pair.First.SequenceEqual(pair.Second));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Inputs.Count, Hidden.Count, Outputs.Count);
}
