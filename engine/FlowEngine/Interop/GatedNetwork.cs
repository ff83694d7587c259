namespace FlowEngine.Interop;

/// <summary>
/// A ResidualNet whose blocks the context gates. A gate cannot be written as maps with ReLU between them, so the network stays
/// residual: that of <see cref="Kernels.LayeredNetworkShape"/>, with the same maps.
/// </summary>
/// <param name="first">The first map, which reads the condition and then the passing values.</param>
/// <param name="blocks">The two maps of each block, and the gate's map of the condition.</param>
/// <param name="last">The last map.</param>
internal sealed class GatedNetwork(
    LinearRows first, IReadOnlyList<(LinearRows First, LinearRows Second, LinearRows Gate)> blocks, LinearRows last)
    : IForeignNetwork
{
    private LinearRows _last = last;

    /// <inheritdoc/>
    public void Map(Func<LinearRows, LinearRows> map) => _last = map(_last);

    /// <inheritdoc/>
    public PlacedNetwork Dense() => new(
        first.Count,
        blocks.Count,
        IsResidual: true,
        [
            ("initial", first),
            .. blocks.SelectMany((block, b) => new[]
            {
                ($"blocks.{b}.layers.0", block.First),
                ($"blocks.{b}.layers.1", block.Second),
                ($"blocks.{b}.gate", block.Gate),
            }),
            ("last", _last),
        ]);
}
