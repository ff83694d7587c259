namespace FlowEngine.Data;

/// <summary>The rows of a table, read forward: numbers under named columns, and a label each where one column has them.</summary>
/// <remarks>
/// For a model that is there already, columns it does not know are not read, and its label column need not be there.
/// </remarks>
internal abstract class RowReader : IDisposable
{
    private const int MostShown = 12;
    private const int LongestShown = 40;

    /// <summary>So many rows that count up by one are an index, and no chance.</summary>
    private const int LeastCounted = 5;

    private const long MostWithoutNote = 1L << 30;

    private readonly bool _isNew;

    /// <summary>A reader that has seen the names of the columns, or the first row.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="first">The names, or the first row.</param>
    /// <param name="reading">The label column, and whether there are names.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <exception cref="FlowException">There is no such label column, or no other one.</exception>
    protected RowReader(string path, List<string> first, TableReading reading, TableSchema? schema)
    {
        string[] known = schema is null ? [] : [.. schema.Columns, .. schema.ConditionColumns];
        (Path, _isNew) = (path, schema is null);
        Header = TableHeader.Of(first, reading.Label ?? schema?.Label, reading.HasHeader, known);
        if (reading.Label is string label && Header.Label < 0 && label != schema?.Label)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument,
                path,
                $"has no column '{label}', expected "
                + (Header.IsThere ? $"one of {string.Join(", ", first.Take(MostShown))}" : $"an index 0 to {first.Count - 1}"));
        }

        Numbers = ColumnsToRead(Header, known);
        if (Numbers.Length == 0)
        {
            throw DataFile.BadFormat(path, "holds only a label column, expected columns of numbers, too");
        }
    }

    /// <summary>The columns of the file.</summary>
    public TableHeader Header { get; }

    /// <summary>Which of them a row has, in order.</summary>
    public int[] Numbers { get; }

    /// <summary>The names of <see cref="Numbers"/>.</summary>
    public string[] Columns => [.. Numbers.Select(i => Header.Columns[i])];

    /// <summary>The file, for messages.</summary>
    protected string Path { get; }

    /// <summary>Reads the next row.</summary>
    /// <param name="row">One number for each of <see cref="Numbers"/>, overwritten.</param>
    /// <param name="label">Its label; empty where there is no label column.</param>
    /// <returns>False after the last.</returns>
    /// <exception cref="FlowException">A cell is wrong: which one.</exception>
    public abstract bool Read(Span<double> row, out string label);

    /// <summary>Reads all rows.</summary>
    /// <param name="name">The name of the table.</param>
    /// <exception cref="FlowException">There are none, or a cell is wrong: which one.</exception>
    public TableDataset ReadAll(string name)
    {
        TableRows rows = new(Numbers.Length);
        LabelTexts labels = new();
        double[] row = new double[Numbers.Length];
        while (Read(row, out string label))
        {
            row.CopyTo(rows.Add());
            if (Header.Label >= 0)
            {
                labels.Add(label);
            }
        }

        if (rows.Count == 0)
        {
            throw Empty();
        }

        ClassLabels? classes = Header.Label < 0 ? null : labels.ToClasses();
        return new TableDataset(name, Columns, rows, classes?.Numbers)
        {
            ClassNames = classes?.Names,
            LabelColumn = Header.Label < 0 ? null : Header.Columns[Header.Label],
            UnreadColumns =
            [
                .. Header.Columns.Where((_, i) => i != Header.Label && i != Header.Index && !Numbers.Contains(i)),
            ],
            Notes = [.. Header.Notes, .. _isNew ? Counted(rows) : [], .. Large(rows)],
        };
    }

    /// <summary>The error of a file without rows.</summary>
    public FlowException Empty() => DataFile.BadFormat(Path, $"holds only a header, expected rows{Hint}");

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What a file without rows may have been meant as.</summary>
    protected virtual string Hint => string.Empty;

    /// <summary>Releases what is read.</summary>
    protected virtual void Dispose(bool isDisposing)
    {
    }

    /// <summary>A column for messages: its index and its name.</summary>
    protected string Named(int column) => $"column {column} ({Shortened(Header.Columns[column])})";

    /// <summary>A text of a file for messages.</summary>
    protected static string Shortened(string text) => text.Length <= LongestShown ? text : text[..LongestShown] + "...";

    /// <summary>All but the label column and the index; of a file with names that a model knows, those.</summary>
    private static int[] ColumnsToRead(TableHeader header, string[] known)
    {
        int[] all = [.. Enumerable.Range(0, header.Columns.Length).Where(i => i != header.Label && i != header.Index)];
        return header.IsThere && known.Any(header.Columns.Contains)
            ? [.. all.Where(i => known.Contains(header.Columns[i]))]
            : all;
    }

    /// <summary>A note on rows that take much memory.</summary>
    private IEnumerable<string> Large(TableRows rows)
    {
        long bytes = (long)rows.Count * rows.Columns * sizeof(double);
        if (bytes > MostWithoutNote)
        {
            yield return FormattableString.Invariant($"{Path} takes {bytes / 1e9:0.0} GB of memory: flow prepare makes a set of it that ")
                + "stays in its file";
        }
    }

    /// <summary>A note for each column that counts the rows.</summary>
    private IEnumerable<string> Counted(TableRows rows)
    {
        for (int j = 0; j < Numbers.Length && rows.Count >= LeastCounted; j++)
        {
            bool counts = true;
            for (int i = 1; i < rows.Count && counts; i++)
            {
                counts = rows[i][j] == rows[0][j] + i;
            }

            if (counts)
            {
                yield return $"{Named(Numbers[j])} counts the rows and is read as any other: leave it out of the file if it is "
                    + "their index";
            }
        }
    }
}
