using FlowEngine.Settings;

namespace FlowEngine.Data;

/// <summary>Reads a table from CSV: numbers under a header that may be there or not, and a label column.</summary>
/// <remarks>
/// A number has a decimal point, whatever the culture. For a model that is there already, columns it does not know are not
/// read, and its label column need not be there.
/// </remarks>
internal static class CsvReader
{
    private const int MaxShown = 40;

    /// <summary>So many rows that count up by one are an index, and no chance.</summary>
    private const int LeastCounted = 5;

    /// <summary>Reads a file, gzipped or not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The name of the table.</param>
    /// <param name="format">The label column, and whether there is a header.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <exception cref="FlowException">It cannot be read, or a cell is wrong: which line and column.</exception>
    public static TableDataset Read(string path, string name, CsvFormat format, TableSchema? schema = null) =>
        DataFile.ReadText(path, text => Read(text, path, name, format, schema));

    /// <summary>Reads a text.</summary>
    internal static TableDataset Read(
        TextReader text, string path, string name, CsvFormat format, TableSchema? schema = null)
    {
        CsvRecords records = new(text, path);
        List<string> first = records.Read() ?? throw DataFile.BadFormat(path, "is empty, expected rows of numbers");
        string[] known = schema is null ? [] : [.. schema.Columns, .. schema.ConditionColumns];
        CsvHeader header = CsvHeader.Of(first, format.Label ?? schema?.Label, format.HasHeader, known);
        if (format.Label is string label && header.Label < 0 && label != schema?.Label)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument,
                path,
                $"has no column '{label}', expected "
                + (header.IsThere ? $"one of {string.Join(", ", first.Take(12))}" : $"an index 0 to {first.Count - 1}"));
        }

        int[] read = ColumnsToRead(header, known);
        if (read.Length == 0)
        {
            throw DataFile.BadFormat(path, "holds only a label column, expected columns of numbers, too");
        }

        TableRows rows = new(read.Length);
        List<string> labels = [];
        Dictionary<string, string> texts = [];
        for (List<string>? fields = header.IsThere ? records.Read() : first; fields is not null; fields = records.Read())
        {
            if (fields.Count != header.Columns.Length)
            {
                throw DataFile.BadFormat(
                    path,
                    $"line {records.Line} has {fields.Count} fields, expected {header.Columns.Length}"
                    + (fields.Count == 2 * header.Columns.Length ? " (of numbers with decimal points, no commas)" : string.Empty));
            }

            ParseRow(path, records.Line, fields, header.Columns, read, rows.Add());
            if (header.Label >= 0)
            {
                // A text for each class, not for each row.
                string found = Label(path, records.Line, fields, header);
                if (!texts.TryGetValue(found, out string? same))
                {
                    texts.Add(found, same = found);
                }

                labels.Add(same);
            }
        }

        if (rows.Count == 0)
        {
            throw DataFile.BadFormat(path, "holds only a header, expected rows (--header no makes it a row)");
        }

        ClassLabels? classes = header.Label < 0 ? null : ClassLabels.Of(labels);
        return new TableDataset(name, [.. read.Select(i => header.Columns[i])], rows, classes?.Numbers)
        {
            ClassNames = classes?.Names,
            LabelColumn = header.Label < 0 ? null : header.Columns[header.Label],
            UnreadColumns = [.. header.Columns.Where((_, i) => i != header.Label && i != header.Index && !read.Contains(i))],
            Notes = [.. header.Notes, .. schema is null ? Counted(header, read, rows) : []],
        };
    }

    /// <summary>All but the label column and the index; of a file with names that a model knows, those.</summary>
    private static int[] ColumnsToRead(CsvHeader header, string[] known)
    {
        int[] all = [.. Enumerable.Range(0, header.Columns.Length).Where(i => i != header.Label && i != header.Index)];
        return header.IsThere && known.Any(header.Columns.Contains)
            ? [.. all.Where(i => known.Contains(header.Columns[i]))]
            : all;
    }

    private static void ParseRow(
        string path, int line, List<string> fields, string[] columns, int[] read, Span<double> row)
    {
        for (int j = 0; j < row.Length; j++)
        {
            int i = read[j];
            if (!NumberText.TryParse(fields[i], out row[j]))
            {
                throw DataFile.BadFormat(path, $"line {line}, column {i} ({Shortened(columns[i])}) {Problem(fields[i])}");
            }
        }
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

    private static string Label(string path, int line, List<string> fields, CsvHeader header)
    {
        string label = CsvWriter.Unguarded(fields[header.Label]);
        return MissingValue.IsLabel(label)
            ? throw DataFile.BadFormat(
                path,
                $"line {line}, column {header.Label} ({Shortened(header.Columns[header.Label])}) "
                + (label.Length == 0 ? "is empty" : $"holds '{label}'") + ", expected the label of the row")
            : label;
    }

    /// <summary>A note for each column that counts the rows.</summary>
    private static IEnumerable<string> Counted(CsvHeader header, int[] read, TableRows rows)
    {
        for (int j = 0; j < read.Length && rows.Count >= LeastCounted; j++)
        {
            bool counts = true;
            for (int i = 1; i < rows.Count && counts; i++)
            {
                counts = rows[i][j] == rows[0][j] + i;
            }

            if (counts)
            {
                yield return $"column {read[j]} ({Shortened(header.Columns[read[j]])}) counts the rows and is read as any other: "
                    + "leave it out of the file if it is their index";
            }
        }
    }

    private static string Shortened(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";
}
