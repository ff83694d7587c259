using System.Globalization;

namespace FlowEngine.Compare;

/// <summary>
/// What kernels do in some cases, as a file holds it: a line of names, <c>case kernel COUNT...</c>, then a line for each
/// kernel of each case. Empty lines and those that begin with # are left out.
/// </summary>
/// <param name="Names">The names of the counts.</param>
/// <param name="Rows">The counts by case and kernel.</param>
internal sealed record CountTable(
    IReadOnlyList<string> Names, IReadOnlyDictionary<(string Case, string Kernel), long[]> Rows)
{
    private const int Keys = 2;

    /// <summary>Reads a table and checks every line.</summary>
    /// <exception cref="CompareException">The file is missing, or is no such table.</exception>
    public static CountTable Read(string path)
    {
        string[]? names = null;
        Dictionary<(string Case, string Kernel), long[]> rows = [];
        string[] lines = TextFile.Lines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] cells = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length == 0 || cells[0][0] == '#')
            {
                continue;
            }

            if (names is null)
            {
                names = cells is ["case", "kernel", _, ..]
                    ? cells[Keys..]
                    : throw new CompareException($"{path}, line {i + 1}: expected `case kernel` and the names of counts");
                continue;
            }

            if (cells.Length != Keys + names.Length
                || !cells[Keys..].All(cell => long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                || !rows.TryAdd((cells[0], cells[1]), Array.ConvertAll(cells[Keys..], Parse)))
            {
                throw new CompareException(
                    $"{path}, line {i + 1}: expected a case and kernel of its own and {names.Length} counts");
            }
        }

        return names is not null && rows.Count > 0
            ? new CountTable(names, rows)
            : throw new CompareException($"{path} holds no counts");
    }

    /// <summary>The sum of a count over the kernels of a case.</summary>
    public long Total(string @case, int count) => Rows.Where(row => row.Key.Case == @case).Sum(row => row.Value[count]);

    private static long Parse(string cell) => long.Parse(cell, NumberStyles.None, CultureInfo.InvariantCulture);
}
