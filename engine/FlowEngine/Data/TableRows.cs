using System.Numerics;

namespace FlowEngine.Data;

/// <summary>Rows of one length, one after another in blocks: an array for each would cost more than a short row itself.</summary>
/// <param name="columns">Values of a row, at least one.</param>
/// <param name="expected">Rows to expect, at least one; more may come.</param>
internal sealed class TableRows(int columns, int expected = int.MaxValue)
{
    private const int BlockValues = 8192;

    private readonly List<double[]> _blocks = [];

    // Rows of a block: a power of two.
    private readonly int _shift = BitOperations.Log2(
        Math.Min(BitOperations.RoundUpToPowerOf2((uint)expected), (uint)Math.Max(1, BlockValues / columns)));

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>The values of a row.</summary>
    /// <param name="index">0..Count-1.</param>
    public Span<double> this[int index] =>
        _blocks[index >> _shift].AsSpan((index & ((1 << _shift) - 1)) * columns, columns);

    /// <summary>Appends a row of zeros.</summary>
    /// <returns>The row, to be filled.</returns>
    public Span<double> Add()
    {
        if (Count >> _shift == _blocks.Count)
        {
            _blocks.Add(new double[columns << _shift]);
        }

        return this[Count++];
    }
}
