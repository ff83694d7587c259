using System.Globalization;

namespace FlowEngine.Data;

/// <summary>Reads a table from CSV: numbers under a header that may be there or not, and a label column.</summary>
/// <remarks>
/// The first record is a header unless each field outside the label column is a number, empty or NaN. A number has a
/// decimal point, whatever the culture. Labels that are not all whole numbers are classes in ordinal order, from 0.
/// For a model that is there already, columns it does not know are not read, and its label column need not be there.
/// </remarks>
internal static class CsvReader
{
    private const int MaxShown = 40;

    /// <summary>Reads a file, gzipped or not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The name of the table.</param>
    /// <param name="label">The label column, by its name or else its index from 0; null for none, or the schema's.</param>
    /// <param name="schema">What the model that is to take the rows knows of them; null for none.</param>
    /// <exception cref="FlowException">It cannot be read, or a cell is wrong: which line and column.</exception>
    public static TableDataset Read(string path, string name, string? label, TableSchema? schema = null) =>
        DataFile.ReadText(path, text => Read(text, path, name, label, schema));

    /// <summary>Reads a text.</summary>
    internal static TableDataset Read(
        TextReader text, string path, string name, string? label, TableSchema? schema = null)
    {
        CsvRecords records = new(text, path);
        List<string> first = records.Read() ?? throw DataFile.BadFormat(path, "is empty, expected rows of numbers");
        (int labelIndex, bool hasHeader) = FindLabel(first, label ?? schema?.Label);
        if (label is not null && labelIndex < 0 && label != schema?.Label)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument,
                path,
                $"has no column '{label}', expected "
                + (hasHeader ? $"one of {string.Join(", ", first.Take(12))}" : $"an index 0 to {first.Count - 1}"));
        }

        string[] columns = hasHeader
            ? [.. first.Select((field, i) => field.Length > 0 ? field : TableDataset.GeneratedName(i))]
            : [.. Enumerable.Range(0, first.Count).Select(TableDataset.GeneratedName)];
        int[] read = ColumnsToRead(columns, labelIndex, hasHeader ? schema : null);
        List<double[]> rows = [];
        List<string> labels = [];
        for (List<string>? fields = hasHeader ? records.Read() : first; fields is not null; fields = records.Read())
        {
            if (fields.Count != columns.Length)
            {
                throw DataFile.BadFormat(
                    path, $"line {records.Line} has {fields.Count} fields, expected {columns.Length}");
            }

            rows.Add(ParseRow(path, records.Line, fields, columns, read));
            if (labelIndex >= 0)
            {
                labels.Add(fields[labelIndex]);
            }
        }

        if (rows.Count == 0 || columns.Length == (labelIndex < 0 ? 0 : 1))
        {
            throw DataFile.BadFormat(
                path, rows.Count == 0 ? "holds a header alone, expected rows" : "holds a label column alone");
        }

        (int[]? numbers, string[]? classes) = labelIndex < 0 ? (null, null) : ParseLabels(labels);
        return new TableDataset(name, [.. read.Select(i => columns[i])], [.. rows], numbers)
        {
            ClassNames = classes,
            LabelColumn = labelIndex < 0 ? null : columns[labelIndex],
            UnreadColumns = [.. columns.Where((_, i) => i != labelIndex && !read.Contains(i))],
        };
    }

    /// <summary>All but the label column; of a file with names that a schema knows, those.</summary>
    private static int[] ColumnsToRead(string[] columns, int labelIndex, TableSchema? schema)
    {
        int[] all = [.. Enumerable.Range(0, columns.Length).Where(i => i != labelIndex)];
        string[] known = schema is null ? [] : [.. schema.Columns, .. schema.ConditionColumns];
        return known.Any(columns.Contains)
            ? [.. all.Where(i => known.Contains(columns[i]))]
            : all;
    }

    /// <summary>The label column, -1 for none, and whether the first record names columns.</summary>
    private static (int Index, bool HasHeader) FindLabel(List<string> first, string? label)
    {
        int byName = label is null ? -1 : first.IndexOf(label);
        if (byName < 0 && label is not null && TableDataset.IsGeneratedName(label))
        {
            label = label.Split(' ')[^1];
        }

        if (byName >= 0 && (!IsNumberLike(label!) || HasText(first, byName)))
        {
            return (byName, true);
        }

        bool isIndex = int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && index < first.Count;
        index = isIndex ? index : -1;
        return (index, HasText(first, index));
    }

    /// <summary>True if a field outside the label column is no number, so that the record is a header.</summary>
    private static bool HasText(List<string> first, int labelIndex) =>
        first.Where((_, i) => i != labelIndex).Any(field => !IsNumberLike(field));

    private static double[] ParseRow(string path, int line, List<string> fields, string[] columns, int[] read)
    {
        double[] row = new double[read.Length];
        for (int j = 0; j < row.Length; j++)
        {
            int i = read[j];
            if (!TryParse(fields[i], out row[j]) || !double.IsFinite(row[j]))
            {
                string found = fields[i].Length == 0 ? "is empty" : $"holds '{Shortened(fields[i])}'";
                throw DataFile.BadFormat(
                    path, $"line {line}, column {i} ({Shortened(columns[i])}) {found}, expected a finite number");
            }
        }

        return row;
    }

    /// <summary>Numbers, or else indices into the names of the classes.</summary>
    private static (int[] Numbers, string[]? Classes) ParseLabels(List<string> labels)
    {
        int[] numbers = new int[labels.Count];
        bool areNumbers = true;
        for (int i = 0; i < numbers.Length && areNumbers; i++)
        {
            areNumbers = TryParse(labels[i], out double value) && value >= 0 && value <= int.MaxValue
                && value == Math.Floor(value);
            numbers[i] = areNumbers ? (int)value : 0;
        }

        if (areNumbers)
        {
            return (numbers, null);
        }

        string[] names = [.. labels.Select(DataClasses.Canonical)];
        string[] classes = [.. names.Distinct().Order(StringComparer.Ordinal)];
        return ([.. names.Select(name => Array.BinarySearch(classes, name, StringComparer.Ordinal))], classes);
    }

    /// <summary>What a row of data may hold, if only to be refused there by name.</summary>
    private static bool IsNumberLike(string field) => field.Length == 0 || TryParse(field, out _);

    private static bool TryParse(string field, out double value) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static string Shortened(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";
}
