namespace FlowEngine.Data;

/// <summary>Where the rows of a table are: in memory, or in a file from which they are read by index.</summary>
internal abstract class RowStore
{
    /// <summary>Number of rows.</summary>
    public abstract int Count { get; }

    /// <summary>Values of a row.</summary>
    public abstract int Columns { get; }

    /// <summary>One row, which is allocated unless it is in memory.</summary>
    /// <param name="index">0..Count-1.</param>
    public virtual ReadOnlySpan<double> Get(int index)
    {
        double[] row = new double[Columns];
        Read(index, row);
        return row;
    }

    /// <summary>Copies one row; allocates nothing.</summary>
    /// <param name="index">0..Count-1.</param>
    /// <param name="row">Its values, overwritten.</param>
    /// <exception cref="FlowException">Its file cannot be read any more, or a value of it is not finite.</exception>
    public abstract void Read(int index, Span<double> row);
}
