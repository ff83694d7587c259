using System.Buffers;
using System.Globalization;
using System.Text;

using FlowEngine.Settings;

namespace FlowEngine.Data;

/// <summary>Writes tables as CSV (RFC 4180): a header, commas, numbers that read back to the same bits.</summary>
public static class CsvWriter
{
    private static readonly SearchValues<char> _quoted = SearchValues.Create(",;\t\"\n\r");

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="table">The rows; the names of their classes come last, where they have labels of a named column.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written.</exception>
    public static void Write(string path, TableDataset table)
    {
        StringBuilder text = new();
        int[]? labels = table.LabelColumn is null ? null : table.Labels;
        text.AppendJoin(',', table.Columns.Select(Quoted));
        text.Append(labels is null ? string.Empty : $",{Quoted(table.LabelColumn!)}").Append('\n');
        for (int i = 0; i < table.Count; i++)
        {
            text.AppendJoin(',', table[i].ToArray().Select(Number));
            text.Append(labels is null ? string.Empty : $",{Quoted(DataClasses.NameOf(labels[i], table.ClassNames))}");
            text.Append('\n');
        }

        WriteText(path, text.ToString());
    }

    /// <summary>Writes a text as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">Its content.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written.</exception>
    public static void WriteText(string path, string text) =>
        DataFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));

    /// <summary>A number as CSV has it.</summary>
    /// <param name="value">Any number.</param>
    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A text as CSV has it. One that spreadsheets would compute gets an apostrophe in front, which the reader
    /// takes away again.</summary>
    /// <param name="name">Any text.</param>
    public static string Quoted(string name)
    {
        string text = IsFormula(name) ? $"'{name}" : name;
        return text.AsSpan().IndexOfAny(_quoted) < 0
            ? text
            : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A text as it was before <see cref="Quoted"/>, its quotes gone already.</summary>
    /// <param name="field">A field of a CSV file.</param>
    internal static string Unguarded(string field) => field.StartsWith('\'') && IsFormula(field[1..]) ? field[1..] : field;

    private static bool IsFormula(string text) =>
        text is ['=' or '+' or '-' or '@', ..] && !NumberText.TryParse<double>(text, out _);
}
