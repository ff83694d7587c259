using System.Collections.Immutable;
using FlowEngine.KernelCompiler;
using FlowEngine.Kernels.Device;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Compiles sources of a test with the generator in this process.</summary>
internal static class KernelCompilation
{
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using FlowEngine.Kernels.Device;";

    private static readonly ImmutableArray<MetadataReference> _references = References();

    /// <summary>A compilation of files 0.cs, 1.cs and so on.</summary>
    public static CSharpCompilation Of(params string[] sources) => CSharpCompilation.Create(
        "Sample",
        sources.Append(Usings).Select((source, i) => CSharpSyntaxTree.ParseText(source, Options, $"/src/{i}.cs")),
        _references,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));

    /// <summary>The body of a class with kernels, in a namespace.</summary>
    public static string Class(string members) =>
        $"namespace Sample;\n\npublic static partial class K\n{{\n{members}\n}}\n";

    public static GeneratorDriver Driver(params AdditionalText[] files) => CSharpGeneratorDriver.Create(
        [new KernelGenerator().AsSourceGenerator()],
        files,
        Options,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>The first module of the sources.</summary>
    public static TranslatedModule Translate(string name, params string[] sources)
    {
        CSharpCompilation compilation = Of(sources);
        return ModuleTranslator.Translate(compilation, compilation.GetTypeByMetadataName(name)!, CancellationToken.None);
    }

    private static CSharpParseOptions Options =>
        CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);

    private static ImmutableArray<MetadataReference> References()
    {
        string folder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        IEnumerable<string> files = Directory.GetFiles(folder, "System.*.dll")
            .Where(f => !f.Contains("Native", StringComparison.Ordinal))
            .Append(typeof(GlobalView<>).Assembly.Location);
        return [.. files.Select(f => MetadataReference.CreateFromFile(f))];
    }
}
