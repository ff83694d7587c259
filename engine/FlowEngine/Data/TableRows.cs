using System.Numerics;

namespace FlowEngine.Data;

/// <summary>Rows of one length, one after another in blocks: an array for each would cost more than a short row itself.</summary>
/// <param name="columns">Values of a row, at least one.</param>
/// <param name="expected">Rows to expect, at least one; more may come.</param>
internal sealed class TableRows(int columns, int expected = int.MaxValue) : RowStore
{
    private const int BlockValues = 8192;

    private readonly List<double[]> _blocks = [];
    private int _count;

    // Rows of a block: a power of two.
    private readonly int _shift = BitOperations.Log2(
        Math.Min(BitOperations.RoundUpToPowerOf2((uint)expected), (uint)Math.Max(1, BlockValues / columns)));

    /// <inheritdoc/>
    public override int Count => _count;

    /// <inheritdoc/>
    public override int Columns => columns;

    /// <summary>The values of a row.</summary>
    /// <param name="index">0..Count-1.</param>
    public Span<double> this[int index] =>
        _blocks[index >> _shift].AsSpan((index & ((1 << _shift) - 1)) * columns, columns);

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Get(int index) => this[index];

    /// <inheritdoc/>
    public override void Read(int index, Span<double> row) => this[index].CopyTo(row);

    /// <summary>Appends a row of zeros.</summary>
    /// <returns>The row, to be filled.</returns>
    public Span<double> Add()
    {
        if (_count >> _shift == _blocks.Count)
        {
            _blocks.Add(new double[columns << _shift]);
        }

        return this[_count++];
    }
}
