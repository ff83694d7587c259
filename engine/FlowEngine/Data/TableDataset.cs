using System.Globalization;

namespace FlowEngine.Data;

/// <summary>Rows of numbers under named columns, and labels where the source has them.</summary>
/// <remarks>Immutable, so one table serves many threads. Values are finite: readers refuse others by place.</remarks>
public sealed class TableDataset
{
    private const int MostShown = 12;
    private const string GeneratedPrefix = "column ";

    private readonly RowStore _rows;

    // Which of the rows they are, in order; null for all.
    private readonly int[]? _positions;

    /// <summary>Creates a table of a copy of the rows.</summary>
    /// <param name="name">Short name for messages and reports.</param>
    /// <param name="columns">One name a column, at least one.</param>
    /// <param name="rows">One value a column each, all finite.</param>
    /// <param name="labels">One label a row, or null.</param>
    /// <exception cref="FlowException">A length differs, or a value is not finite: which row and column.</exception>
    public TableDataset(string name, IReadOnlyList<string> columns, double[][] rows, int[]? labels = null)
        : this(name, columns, Copied(name, columns, rows), labels)
    {
    }

    /// <summary>Creates a table over rows, which are taken over and do not change any more.</summary>
    /// <exception cref="FlowException">There are not as many labels, or a value is not finite: which row and column.</exception>
    internal TableDataset(string name, IReadOnlyList<string> columns, TableRows rows, int[]? labels = null)
        : this(name, columns, rows, positions: null, labels)
    {
        for (int i = 0; i < Count; i++)
        {
            for (int j = 0; j < columns.Count; j++)
            {
                if (!double.IsFinite(rows[i][j]))
                {
                    throw NotFinite(name, i, j, columns[j], rows[i][j]);
                }
            }
        }
    }

    /// <summary>Creates a table of some of the rows of a store, whose values are checked.</summary>
    internal TableDataset(string name, IReadOnlyList<string> columns, RowStore rows, int[]? positions, int[]? labels)
    {
        (Name, Columns, _rows, _positions, Labels) = (name, columns, rows, positions, labels);
        if (labels is not null && labels.Length != Count)
        {
            throw Invalid(name, $"{labels.Length} labels for {Count} rows, expected one each");
        }
    }

    /// <summary>Short name, as the source calls itself.</summary>
    public string Name { get; }

    /// <summary>The names of the columns, in order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Number of rows; may be 0.</summary>
    public int Count => _positions?.Length ?? _rows.Count;

    /// <summary>One label a row, or null where the source has none.</summary>
    public int[]? Labels { get; }

    /// <summary>What a label k is called; null where labels are numbers.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The column the labels were in; null where they were in none.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Columns of the source that were not read, as nobody had asked for them.</summary>
    public IReadOnlyList<string> UnreadColumns { get; init; } = [];

    /// <summary>What the reader took for granted, one line each.</summary>
    internal IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>False where the rows stay in a file.</summary>
    internal bool IsInMemory => _rows is TableRows;

    /// <summary>The values of one row.</summary>
    /// <param name="index">0..Count-1.</param>
    /// <exception cref="FlowException"><paramref name="index"/> is outside the table.</exception>
    public ReadOnlySpan<double> this[int index] => _rows.Get(PlaceOf(index));

    /// <summary>Copies the values of one row; allocates nothing.</summary>
    /// <param name="index">0..Count-1.</param>
    /// <param name="row">One value a column, overwritten.</param>
    internal void Read(int index, Span<double> row) => _rows.Read(PlaceOf(index), row);

    /// <summary>The rows at some positions, in the order given; a position may come twice.</summary>
    /// <param name="indices">Positions, each 0..Count-1.</param>
    /// <exception cref="FlowException">A position is outside the table.</exception>
    public TableDataset Select(ReadOnlySpan<int> indices)
    {
        int[] positions = new int[indices.Length];
        int[]? labels = Labels is null ? null : new int[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i];
            if ((uint)index >= (uint)Count)
            {
                throw Invalid(Name, $"no row {index}, expected 0..{Count - 1}");
            }

            positions[i] = _positions?[index] ?? index;
            labels?[i] = Labels![index];
        }

        return With(Columns, _rows, positions, labels, ClassNames);
    }

    /// <summary>The name of a column of a source that names none.</summary>
    /// <param name="index">Its index from 0.</param>
    internal static string GeneratedName(int index) => $"{GeneratedPrefix}{index}";

    /// <summary>True for a name that no source gave.</summary>
    internal static bool IsGeneratedName(string name) =>
        name.StartsWith(GeneratedPrefix, StringComparison.Ordinal)
        && name.AsSpan(GeneratedPrefix.Length) is { Length: > 0 } rest && !rest.ContainsAnyExceptInRange('0', '9');

    /// <summary>Finds columns by name; of columns of one name, the first for the first that asks.</summary>
    /// <param name="names">The names.</param>
    /// <returns>Their indices.</returns>
    /// <exception cref="FlowException">Some are missing: which.</exception>
    internal int[] Find(IReadOnlyList<string> names)
    {
        Dictionary<string, Queue<int>> places = Enumerable.Range(0, Columns.Count)
            .GroupBy(j => Columns[j])
            .ToDictionary(same => same.Key, same => new Queue<int>(same));
        List<string> missing = [];
        int[] found = new int[names.Count];
        for (int j = 0; j < found.Length; j++)
        {
            if (!places.TryGetValue(names[j], out Queue<int>? same) || !same.TryDequeue(out found[j]))
            {
                missing.Add(names[j]);
            }
        }

        return missing.Count == 0
            ? found
            : throw Invalid(
                Name,
                $"has {Columns.Count} columns ({Shown(Columns)}), the model expects {names.Count}: "
                + $"{Shown(missing)} {(missing.Count == 1 ? "is" : "are")} missing");
    }

    /// <summary>Finds a column.</summary>
    /// <param name="name">Its name, or else its index from 0.</param>
    /// <exception cref="FlowException">There is no such column.</exception>
    internal int IndexOf(string name)
    {
        for (int j = 0; j < Columns.Count; j++)
        {
            if (Columns[j] == name)
            {
                return j;
            }
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && index < Columns.Count
            ? index
            : throw Invalid(
                Name,
                $"has no column '{name}', expected one of {Shown(Columns)} "
                + $"or an index 0 to {Columns.Count - 1}");
    }

    /// <summary>The same rows with some of their columns, in the order given.</summary>
    /// <param name="columns">Columns, each 0 to one below the number of columns.</param>
    public TableDataset SelectColumns(IReadOnlyList<int> columns)
    {
        string[] names = [.. columns.Select(column => Columns[column])];
        if (columns.SequenceEqual(Enumerable.Range(0, Columns.Count)))
        {
            return this;
        }

        if (!IsInMemory)
        {
            return With(names, new ColumnsOfRows(_rows, [.. columns]), _positions, Labels, ClassNames);
        }

        TableRows rows = new(columns.Count, Math.Max(1, Count));
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<double> from = this[i];
            Span<double> row = rows.Add();
            for (int j = 0; j < row.Length; j++)
            {
                row[j] = from[columns[j]];
            }
        }

        return With(names, rows, positions: null, Labels, ClassNames);
    }

    /// <summary>Parts the columns: those of some names, and the others, each in order.</summary>
    /// <param name="names">The names of columns, or else their indices from 0.</param>
    /// <exception cref="FlowException">There is no such column, it is named twice, or no other is left.</exception>
    public (TableDataset Named, TableDataset Others) Part(IReadOnlyList<string> names)
    {
        int[] named = [.. names.Select(IndexOf)];
        int[] others = [.. Enumerable.Range(0, Columns.Count).Except(named)];
        if (named.Distinct().Count() != named.Length || others.Length == 0)
        {
            throw Invalid(
                Name,
                others.Length == 0
                    ? "every column is one of the condition, expected some that are not"
                    : $"a condition column comes twice in {string.Join(", ", names)}");
        }

        return (SelectColumns(named), SelectColumns(others));
    }

    /// <summary>The first rows.</summary>
    /// <param name="count">How many; all where there are fewer.</param>
    public TableDataset Take(int count) => count >= Count ? this : Select([.. Enumerable.Range(0, count)]);

    /// <summary>The rows of this table, then those of another of the same columns.</summary>
    /// <param name="other">The other table.</param>
    /// <exception cref="FlowException">It has another number of columns.</exception>
    public TableDataset Concat(TableDataset other)
    {
        if (other.Columns.Count != Columns.Count)
        {
            throw Invalid(other.Name, $"has {other.Columns.Count} columns, expected {Columns.Count} as {Name} has");
        }

        int[]? labels = Labels is null || other.Labels is null ? null : [.. Labels, .. other.Labels];
        if (!IsInMemory || !other.IsInMemory)
        {
            return With(Columns, new RowSequence(this, other), positions: null, labels, ClassNames);
        }

        TableRows rows = new(Columns.Count, Math.Max(1, Count + other.Count));
        foreach (TableDataset part in (ReadOnlySpan<TableDataset>)[this, other])
        {
            for (int i = 0; i < part.Count; i++)
            {
                part[i].CopyTo(rows.Add());
            }
        }

        return With(Columns, rows, positions: null, labels, ClassNames);
    }

    /// <summary>The same rows with labels, for readers that find them in an array of their own.</summary>
    /// <param name="labels">One a row.</param>
    /// <param name="names">What a label k is called; null where labels are numbers.</param>
    /// <param name="notes">What the reader of the labels passed over.</param>
    internal TableDataset WithLabels(
        int[]? labels, IReadOnlyList<string>? names = null, IReadOnlyList<string>? notes = null) =>
        With(Columns, _rows, _positions, labels, names, notes);

    /// <summary>The same rows with names and labels, for readers that find them beside an array.</summary>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="labels">One a row; null for none.</param>
    /// <param name="names">What a label k is called; null where labels are numbers.</param>
    /// <param name="labelColumn">The column the labels were in; null for none.</param>
    internal TableDataset Described(
        IReadOnlyList<string> columns, int[]? labels, IReadOnlyList<string>? names, string? labelColumn) =>
        new(Name, columns, _rows, _positions, labels) { ClassNames = names, LabelColumn = labelColumn };

    private TableDataset With(
        IReadOnlyList<string> columns,
        RowStore rows,
        int[]? positions,
        int[]? labels,
        IReadOnlyList<string>? classNames,
        IReadOnlyList<string>? notes = null) =>
        new(Name, columns, rows, positions, labels)
        {
            ClassNames = classNames,
            LabelColumn = LabelColumn,
            UnreadColumns = UnreadColumns,
            Notes = notes ?? Notes,
        };

    private int PlaceOf(int index) => (uint)index < (uint)Count
        ? _positions?[index] ?? index
        : throw Invalid(Name, $"no row {index}, expected 0..{Count - 1}");

    private static TableRows Copied(string name, IReadOnlyList<string> columns, double[][] rows)
    {
        if (columns is null || columns.Count == 0)
        {
            throw Invalid(name, "there are no columns, expected at least one");
        }

        TableRows copied = new(columns.Count, Math.Max(1, rows.Length));
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] is null || rows[i].Length != columns.Count)
            {
                throw Invalid(name, $"row {i} has {rows[i]?.Length ?? 0} values, expected {columns.Count}");
            }

            rows[i].CopyTo(copied.Add());
        }

        return copied;
    }

    private static string Shown(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostShown)) + (names.Count > MostShown ? ", ..." : string.Empty);

    /// <summary>The message for a value that is not a number.</summary>
    internal static FlowException NotFinite(string name, long row, int column, string columnName, double value) => Invalid(
        name,
        FormattableString.Invariant($"row {row}, column {column} ({columnName}) holds {value}, ")
        + "expected a finite number");

    private static FlowException Invalid(string name, string problem) =>
        new(FlowErrorKind.InvalidArgument, $"{name}: {problem}");
}
