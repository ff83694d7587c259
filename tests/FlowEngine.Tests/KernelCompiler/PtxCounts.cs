using System.Globalization;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>How many of the instructions that decide a kernel's speed its PTX has; a line of lint.txt.</summary>
internal sealed record PtxCounts(
    int Multiplications,
    int MatrixLoads,
    int AsyncCopies,
    int GlobalLoads,
    int GlobalStores,
    int SharedLoads)
{
    private const int Columns = 7;

    /// <summary>Reads lines of a kernel's name and its counts; # begins a comment.</summary>
    public static IReadOnlyDictionary<string, PtxCounts> Parse(string text)
    {
        Dictionary<string, PtxCounts> counts = [];
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0)
            {
                continue;
            }

            if (fields.Length != Columns)
            {
                throw new FormatException($"a line needs {Columns} columns: {line}");
            }

            int[] n = [.. fields.Skip(1).Select(field => int.Parse(field, CultureInfo.InvariantCulture))];
            counts.Add(fields[0], new(n[0], n[1], n[2], n[3], n[4], n[5]));
        }

        return counts;
    }

    /// <summary>The line without its name.</summary>
    public override string ToString() =>
        $"{Multiplications} {MatrixLoads} {AsyncCopies} {GlobalLoads} {GlobalStores} {SharedLoads}";
}
