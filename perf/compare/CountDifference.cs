using System.Globalization;

namespace FlowEngine.Compare;

/// <summary>A count of a case that is another one after a change.</summary>
/// <remarks>
/// What counts is the sum over a case's kernels, so that work may move from one to another. Counts have no noise: one more
/// is a difference.
/// </remarks>
/// <param name="Case">The case.</param>
/// <param name="Count">The name of the count.</param>
/// <param name="Base">Its sum over the kernels in the base; null where there is no such case.</param>
/// <param name="Head">Its sum in the head; null where there is no such case.</param>
/// <param name="Kernels">What changed, a kernel and its difference each.</param>
internal sealed record CountDifference(string Case, string Count, long? Base, long? Head, IReadOnlyList<string> Kernels)
{
    /// <summary>True if this fails a check: there is more of it, or the case is no more.</summary>
    public bool IsFailure => Base is not null && (Head is null || Head > Base);

    private string Verdict => (Base, Head) switch
    {
        (_, null) => "missing",
        (null, _) => "new",
        _ when Head > Base => "more",
        _ when Head < Base => "less",
        _ => "moved",
    };

    /// <summary>Compares two tables, in the order of the base.</summary>
    /// <exception cref="CompareException">They count different things.</exception>
    public static IReadOnlyList<CountDifference> Of(CountTable baseTable, CountTable headTable)
    {
        if (!baseTable.Names.SequenceEqual(headTable.Names))
        {
            throw new CompareException(
                $"the base counts {string.Join(' ', baseTable.Names)} and the head {string.Join(' ', headTable.Names)}");
        }

        return [.. Cases(baseTable).Union(Cases(headTable))
            .SelectMany(name => baseTable.Names.Select((_, count) => Of(baseTable, headTable, name, count)))
            .Where(difference => difference.Kernels.Count > 0)];
    }

    /// <summary>Prints the differences as a table, those that fail first.</summary>
    public static void WriteTable(TextWriter output, IReadOnlyList<CountDifference> differences) =>
        MarkdownTable.Write(output,
        [
            ["case", "count", "base", "head", "verdict", "kernels"],
            .. differences.OrderByDescending(difference => difference.IsFailure).Select(difference => new[]
            {
                difference.Case,
                difference.Count,
                difference.Base?.ToString(CultureInfo.InvariantCulture) ?? "-",
                difference.Head?.ToString(CultureInfo.InvariantCulture) ?? "-",
                difference.Verdict,
                string.Join(", ", difference.Kernels),
            }),
        ]);

    private static IEnumerable<string> Cases(CountTable table) => table.Rows.Keys.Select(row => row.Case).Distinct();

    private static CountDifference Of(CountTable baseTable, CountTable headTable, string name, int count)
    {
        long? before = Cases(baseTable).Contains(name) ? baseTable.Total(name, count) : null;
        long? after = Cases(headTable).Contains(name) ? headTable.Total(name, count) : null;
        return new CountDifference(name, baseTable.Names[count], before, after,
        [
            .. baseTable.Rows.Keys.Union(headTable.Rows.Keys).Where(row => row.Case == name)
                .Select(row => (row.Kernel, More: At(headTable, row, count) - At(baseTable, row, count)))
                .Where(row => row.More != 0)
                .Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Kernel} {row.More:+0;-0}")),
        ]);
    }

    private static long At(CountTable table, (string Case, string Kernel) row, int count) =>
        table.Rows.TryGetValue(row, out long[]? counts) ? counts[count] : 0;
}
