using FlowEngine.Kernels;

namespace FlowEngine.Interop;

/// <summary>
/// A network of residual blocks that is no <see cref="ForeignNetwork"/>: the context gates its blocks, or its activation is no
/// rectifier. It stays as it is, that of <see cref="LayeredNetworkShape"/>.
/// </summary>
/// <param name="activation">What its units make of their sums.</param>
/// <param name="first">The first map, which reads the condition and then the values.</param>
/// <param name="blocks">The two maps of each block, and its map of the condition; null without a condition.</param>
/// <param name="last">The last map.</param>
/// <param name="condition">A map of the condition, which is activated and added to the first one. The first map then reads
/// only the values, and each block adds its own map of the condition inside. Null where conditions are gates.</param>
internal sealed class ResidualNetwork(
    Activation activation,
    LinearRows first,
    IReadOnlyList<(LinearRows First, LinearRows Second, LinearRows? Condition)> blocks,
    LinearRows last,
    LinearRows? condition = null) : IForeignNetwork
{
    private LinearRows _last = last;

    /// <inheritdoc/>
    public void Map(Func<LinearRows, LinearRows> map) => _last = map(_last);

    /// <inheritdoc/>
    public PlacedNetwork Dense() => Place(
        first.Count,
        [.. Enumerable.Range(0, first.Count)],
        [.. blocks.Select(block => Enumerable.Range(0, block.First.Count).ToArray())]);

    /// <inheritdoc/>
    public PlacedNetwork Masked(int dims, int conditions)
    {
        UnitPlaces places = new(dims, conditions);
        int[] values = places.Degrees(first, condition is null ? places.Inputs : places.Inputs[conditions..]);
        int[][] inner = new int[blocks.Count][];
        for (bool grew = true; grew;)
        {
            int[] before = values;
            for (int b = 0; b < blocks.Count; b++)
            {
                inner[b] = places.Degrees(blocks[b].First, values);
                values = [.. values.Zip(places.Degrees(blocks[b].Second, inner[b]), Math.Max)];
            }

            grew = !before.SequenceEqual(values);
        }

        places.CheckOutputs(_last, values);
        foreach (int[] degrees in inner.Append(values))
        {
            places.Reserve(degrees);
        }

        return Place(places.Width, places.Of(values), [.. inner.Select(places.Of)]);
    }

    private PlacedNetwork Place(int width, int[] values, IReadOnlyList<int[]> inner) => new(
        width,
        blocks.Count,
        IsResidual: true,
        AddsCondition: condition is not null,
        activation,
        [
            ("initial", first.Placed(values)),
            .. condition is null ? Array.Empty<(string, LinearRows)>() : [("condition", condition.Placed(values))],
            .. blocks.SelectMany((block, b) => Block($"blocks.{b}", block, values, inner[b])),
            ("last", _last.Columns(values)),
        ]);

    private IEnumerable<(string Name, LinearRows Map)> Block(
        string name, (LinearRows First, LinearRows Second, LinearRows? Condition) block, int[] values, int[] inner)
    {
        yield return ($"{name}.layers.0", block.First.Columns(values).Placed(inner));
        yield return ($"{name}.layers.1", block.Second.Columns(inner).Placed(values));
        if (block.Condition is not null)
        {
            yield return condition is null
                ? ($"{name}.gate", block.Condition.Placed(values))
                : ($"{name}.condition", block.Condition.Placed(inner));
        }
    }
}
