using System.Buffers;

namespace FlowEngine.Data;

/// <summary>Some columns of rows that are not in memory.</summary>
/// <param name="rows">The rows.</param>
/// <param name="columns">The columns, in order.</param>
internal sealed class ColumnsOfRows(RowStore rows, int[] columns) : RowStore
{
    /// <inheritdoc/>
    public override int Count => rows.Count;

    /// <inheritdoc/>
    public override int Columns => columns.Length;

    /// <inheritdoc/>
    public override void Read(int index, Span<double> row)
    {
        double[] whole = ArrayPool<double>.Shared.Rent(rows.Columns);
        try
        {
            rows.Read(index, whole.AsSpan(0, rows.Columns));
            for (int j = 0; j < columns.Length; j++)
            {
                row[j] = whole[columns[j]];
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(whole);
        }
    }
}
