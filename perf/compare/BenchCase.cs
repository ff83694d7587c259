namespace FlowEngine.Compare;

/// <summary>One model to measure.</summary>
/// <param name="Name">How reports call it.</param>
/// <param name="Environment">Variables it gets, such as <c>DOTNET_EnableAVX512=0</c> for vectors of 256 bits.</param>
/// <param name="Arguments">What <c>flow bench</c> gets.</param>
internal sealed record BenchCase(
    string Name, IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Arguments)
{
    /// <summary>The cases that stand beside this program.</summary>
    public static string DefaultFile { get; } = Path.Combine(AppContext.BaseDirectory, "cases.txt");

    /// <summary>
    /// Reads a file of lines <c>name: VARIABLE=value arguments</c>, with any number of variables; empty lines and those
    /// that begin with # are left out.
    /// </summary>
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

            string[] words = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Dictionary<string, string> environment = [];
            foreach (string word in words.TakeWhile(word => word[0] != '-' && word.Contains('=', StringComparison.Ordinal)))
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                if (equals == 0 || !environment.TryAdd(word[..equals], word[(equals + 1)..]))
                {
                    throw new CompareException($"{path}, line {i + 1}: expected VARIABLE=value, each once, not {word}");
                }
            }

            cases.Add(new BenchCase(name, environment, words[environment.Count..]));
        }

        return cases.Count > 0 ? cases : throw new CompareException($"{path} holds no cases");
    }
}
