namespace FlowEngine.Compare;

/// <summary>One model to measure.</summary>
/// <param name="Name">How reports call it.</param>
/// <param name="Arguments">What <c>flow bench</c> gets.</param>
internal sealed record BenchCase(string Name, IReadOnlyList<string> Arguments)
{
    /// <summary>The cases that stand beside this program.</summary>
    public static string DefaultFile { get; } = Path.Combine(AppContext.BaseDirectory, "cases.txt");

    /// <summary>Reads a file of lines <c>name: arguments</c>; empty lines and those that begin with # are left out.</summary>
    /// <exception cref="CompareException">The file cannot be read, or a line is not such a one.</exception>
    public static IReadOnlyList<BenchCase> Read(string path)
    {
        string[] lines = TextFile.Lines(path);
        List<BenchCase> cases = [];
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = colon > 0 ? line[..colon].Trim() : string.Empty;
            if (name.Length == 0 || cases.Any(other => other.Name == name))
            {
                throw new CompareException($"{path}, line {i + 1}: expected a name of its own, a colon, arguments");
            }

            cases.Add(new BenchCase(name, line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        }

        return cases.Count > 0 ? cases : throw new CompareException($"{path} holds no cases");
    }
}
