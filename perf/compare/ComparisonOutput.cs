using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowEngine.Compare;

/// <summary>Comparisons as a table for people and as JSON for machines.</summary>
internal static class ComparisonOutput
{
    private static readonly JsonSerializerOptions _format = new()
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
    };

    /// <summary>Writes the comparisons to a file.</summary>
    public static void WriteJson(string path, IReadOnlyList<Comparison> comparisons) =>
        OutputFile.Write(path, comparisons, _format);

    /// <summary>Prints a Markdown table, which reads as well without being rendered.</summary>
    public static void WriteTable(TextWriter output, IReadOnlyList<Comparison> comparisons)
    {
        string[][] rows =
        [
            ["benchmark", "unit", "base", "head", "time ratio", "noise", "verdict"],
            .. comparisons.Select(c => new[]
            {
                c.Benchmark,
                c.Unit,
                Text(c.BaseMedian, "G4"),
                Text(c.HeadMedian, "G4"),
                Text(c.Ratio, "F3"),
                Text(c.Noise, "P1"),
                c.Verdict.ToString().ToLowerInvariant(),
            }),
        ];
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

    private static string Text(double? value, string format) =>
        value is double number ? number.ToString(format, CultureInfo.InvariantCulture) : "-";
}
