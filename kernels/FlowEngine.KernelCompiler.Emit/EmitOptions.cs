namespace FlowEngine.KernelCompiler.Emit;

/// <summary>What the command line asks for.</summary>
/// <param name="Assembly">The assembly that the sources make.</param>
/// <param name="Output">The folder to write to.</param>
/// <param name="References">The assemblies they refer to.</param>
/// <param name="Sources">The C# files.</param>
internal sealed record EmitOptions(
    string Assembly, string Output, IReadOnlyList<string> References, IReadOnlyList<string> Sources)
{
    public const string Usage =
        "emit --assembly NAME --out DIR --reference DLL... SOURCE...: writes the C text of kernels to DIR/NAME/Class.c";

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It is wrong; the message says how, in one line.</exception>
    public static EmitOptions Parse(IReadOnlyList<string> arguments)
    {
        string? assembly = null;
        string? output = null;
        List<string> references = [];
        List<string> sources = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--assembly":
                    assembly = Value(arguments, ref i);
                    break;
                case "--out":
                    output = Value(arguments, ref i);
                    break;
                case "--reference":
                    string reference = Value(arguments, ref i);
                    references.Add(reference);

                    // More of them may follow, up to the first that is no assembly.
                    while (i + 1 < arguments.Count && arguments[i + 1].EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
                    {
                        references.Add(arguments[++i]);
                    }

                    break;
                case ['-', ..]:
                    throw new ArgumentException($"{arguments[i]} is not an option; usage: {Usage}");
                default:
                    sources.Add(arguments[i]);
                    break;
            }
        }

        if (assembly is null || output is null || sources.Count == 0)
        {
            throw new ArgumentException(
                $"{(assembly is null ? "--assembly" : output is null ? "--out" : "a source file")} is missing; usage: {Usage}");
        }

        if (references.Concat(sources).FirstOrDefault(f => !File.Exists(f)) is { } missing)
        {
            throw new ArgumentException($"{missing} does not exist");
        }

        return new EmitOptions(assembly, output, references, sources);
    }

    private static string Value(IReadOnlyList<string> arguments, ref int i) =>
        i + 1 < arguments.Count
            ? arguments[++i]
            : throw new ArgumentException($"{arguments[i]} needs a value; usage: {Usage}");
}
