namespace FlowEngine.Data;

/// <summary>The rows of one table, then those of another.</summary>
/// <param name="first">One table.</param>
/// <param name="second">Another of as many columns.</param>
internal sealed class RowSequence(TableDataset first, TableDataset second) : RowStore
{
    /// <inheritdoc/>
    public override int Count { get; } = checked(first.Count + second.Count);

    /// <inheritdoc/>
    public override int Columns => first.Columns.Count;

    /// <inheritdoc/>
    public override void Read(int index, Span<double> row)
    {
        if (index < first.Count)
        {
            first.Read(index, row);
        }
        else
        {
            second.Read(index - first.Count, row);
        }
    }
}
