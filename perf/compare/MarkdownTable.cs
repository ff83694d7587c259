namespace FlowEngine.Compare;

/// <summary>A Markdown table, which reads as well without being rendered.</summary>
internal static class MarkdownTable
{
    /// <summary>Prints rows of as many cells, the first of them the head.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        WriteRow(rows[0]);
        output.WriteLine($"|{string.Join("|", widths.Select(width => new string('-', width + 2)))}|");
        foreach (string[] row in rows.Skip(1))
        {
            WriteRow(row);
        }

        void WriteRow(string[] row) =>
            output.WriteLine($"| {string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column])))} |");
    }
}
