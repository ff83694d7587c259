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

    /// <summary>Prints them as a table.</summary>
    public static void WriteTable(TextWriter output, IReadOnlyList<Comparison> comparisons)
    {
        MarkdownTable.Write(output,
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
        ]);
    }

    private static string Text(double? value, string format) =>
        value is double number ? number.ToString(format, CultureInfo.InvariantCulture) : "-";
}
