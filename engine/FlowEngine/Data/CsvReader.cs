using System.Globalization;

namespace FlowEngine.Data;

/// <summary>Reads a table from CSV: numbers under a header that may be there or not, and a label column.</summary>
/// <remarks>
/// The first record is a header unless each field outside the label column is a number, empty or NaN. A number has a
/// decimal point, whatever the culture. Labels that are not all whole numbers are classes in ordinal order, from 0.
/// </remarks>
internal static class CsvReader
{
    private const int MaxShown = 40;

    /// <summary>Reads a file, gzipped or not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The name of the table.</param>
    /// <param name="label">The label column, by its name or else its index from 0; null for none.</param>
    /// <exception cref="FlowException">It cannot be read, or a cell is wrong: which line and column.</exception>
    public static TableDataset Read(string path, string name, string? label) =>
        DataFile.ReadText(path, text => Read(text, path, name, label));

    /// <summary>Reads a text.</summary>
    internal static TableDataset Read(TextReader text, string path, string name, string? label)
    {
        CsvRecords records = new(text, path);
        List<string> first = records.Read() ?? throw DataFile.BadFormat(path, "is empty, expected rows of numbers");
        (int labelIndex, bool hasHeader) = FindLabel(first, label);
        if (label is not null && labelIndex < 0)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument,
                path,
                $"has no column '{label}', expected "
                + (hasHeader ? $"one of {string.Join(", ", first.Take(12))}" : $"an index 0 to {first.Count - 1}"));
        }

        string[] columns = hasHeader
            ? [.. first.Select((field, i) => field.Length > 0 ? field : $"column {i}")]
            : [.. Enumerable.Range(0, first.Count).Select(i => $"column {i}")];
        List<double[]> rows = [];
        List<string> labels = [];
        for (List<string>? fields = hasHeader ? records.Read() : first; fields is not null; fields = records.Read())
        {
            if (fields.Count != columns.Length)
            {
                throw DataFile.BadFormat(
                    path, $"line {records.Line} has {fields.Count} fields, expected {columns.Length}");
            }

            rows.Add(ParseRow(path, records.Line, fields, columns, labelIndex));
            if (labelIndex >= 0)
            {
                labels.Add(fields[labelIndex]);
            }
        }

        columns = [.. columns.Where((_, i) => i != labelIndex)];
        return rows.Count > 0 && columns.Length > 0
            ? new TableDataset(name, columns, [.. rows], labelIndex < 0 ? null : ParseLabels(labels))
            : throw DataFile.BadFormat(
                path, rows.Count == 0 ? "holds a header alone, expected rows" : "holds a label column alone");
    }

    /// <summary>The label column, -1 for none, and whether the first record names columns.</summary>
    private static (int Index, bool HasHeader) FindLabel(List<string> first, string? label)
    {
        int byName = label is null ? -1 : first.IndexOf(label);
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

    private static double[] ParseRow(string path, int line, List<string> fields, string[] columns, int labelIndex)
    {
        double[] row = new double[labelIndex < 0 ? fields.Count : fields.Count - 1];
        int next = 0;
        for (int i = 0; i < fields.Count; i++)
        {
            if (i == labelIndex)
            {
                continue;
            }

            if (!TryParse(fields[i], out row[next]) || !double.IsFinite(row[next]))
            {
                string found = fields[i].Length == 0 ? "is empty" : $"holds '{Shortened(fields[i])}'";
                throw DataFile.BadFormat(
                    path, $"line {line}, column {i} ({Shortened(columns[i])}) {found}, expected a finite number");
            }

            next++;
        }

        return row;
    }

    private static int[] ParseLabels(List<string> labels)
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
            return numbers;
        }

        List<string> classes = [.. labels.Distinct().Order(StringComparer.Ordinal)];
        return [.. labels.Select(label => classes.BinarySearch(label, StringComparer.Ordinal))];
    }

    /// <summary>What a row of data may hold, if only to be refused there by name.</summary>
    private static bool IsNumberLike(string field) => field.Length == 0 || TryParse(field, out _);

    private static bool TryParse(string field, out double value) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static string Shortened(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";
}
