using FlowEngine.Settings;

namespace FlowEngine.Data;

/// <summary>Reads a table from CSV: numbers under a header that may be there or not, and a label column.</summary>
/// <remarks>A number has a decimal point, whatever the culture.</remarks>
internal sealed class CsvReader : RowReader
{
    private readonly CsvRecords _records;

    // A first record that is a row.
    private List<string>? _first;

    private CsvReader(CsvRecords records, List<string> first, string path, TableReading reading, TableSchema? schema)
        : base(path, first, reading, schema) =>
        (_records, _first) = (records, Header.IsThere ? null : first);

    /// <inheritdoc/>
    protected override string Hint => " (--header no makes it a row)";

    /// <summary>Opens a text, whose first record is read.</summary>
    /// <param name="text">The text; stays the caller's.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="reading">The label column, and whether there is a header.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <exception cref="FlowException">It is empty, or has no such label column.</exception>
    public static CsvReader Open(TextReader text, string path, TableReading reading, TableSchema? schema = null)
    {
        CsvRecords records = new(text, path);
        List<string> first = records.Read() ?? throw DataFile.BadFormat(path, "is empty, expected rows of numbers");
        return new CsvReader(records, first, path, reading, schema);
    }

    /// <inheritdoc/>
    public override bool Read(Span<double> row, out string label)
    {
        label = string.Empty;
        List<string>? fields = _first ?? _records.Read();
        _first = null;
        if (fields is null)
        {
            return false;
        }

        int columns = Header.Columns.Length;
        if (fields.Count != columns)
        {
            throw DataFile.BadFormat(
                Path,
                $"line {_records.Line} has {fields.Count} fields, expected {columns}"
                + (fields.Count == 2 * columns ? " (of numbers with decimal points, no commas)" : string.Empty));
        }

        for (int j = 0; j < row.Length; j++)
        {
            int i = Numbers[j];
            if (!NumberText.TryParse(fields[i], out row[j]))
            {
                throw DataFile.BadFormat(Path, $"line {_records.Line}, {Named(i)} {Problem(fields[i])}");
            }
        }

        label = Header.Label >= 0 ? LabelOf(fields[Header.Label]) : label;
        return true;
    }

    /// <summary>What a field holds that is no number, why it may be so, and what was expected.</summary>
    private static string Problem(string field)
    {
        string holds = field.Length == 0 ? "is empty" : $"holds '{Shortened(field)}'";
        if (MissingValue.Is(field))
        {
            return $"{holds}, a missing value, expected a finite number: fill it in, or leave out the row";
        }

        if (NumberText.HasDecimalComma(field))
        {
            return $"{holds}, a number with a comma, expected a decimal point and no marks between thousands";
        }

        string[] parts = field.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 1 && Array.TrueForAll(parts, part => NumberText.TryParse<double>(part, out _))
            ? $"{holds}, {parts.Length} numbers with white space between, expected commas, semicolons or tabs between"
            : $"{holds}, expected a finite number";
    }

    private string LabelOf(string field)
    {
        string label = CsvWriter.Unguarded(field);
        return MissingValue.IsLabel(label)
            ? throw DataFile.BadFormat(
                Path,
                $"line {_records.Line}, {Named(Header.Label)} "
                + (label.Length == 0 ? "is empty" : $"holds '{label}'") + ", expected the label of the row")
            : label;
    }
}
