using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler.Emit;

/// <summary>
/// Writes the C text of all kernels of an assembly's sources: the same text that the generator embeds.
/// </summary>
internal static class EmitCommand
{
    private const int WrongKernels = 1;
    private const int WrongUsage = 2;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        EmitOptions options;
        try
        {
            options = EmitOptions.Parse(arguments);
        }
        catch (ArgumentException wrong)
        {
            errors.WriteLine($"emit: {wrong.Message}");
            return WrongUsage;
        }

        CSharpCompilation compilation = Compile(options);
        List<TranslatedModule> modules = [.. Modules(compilation)
            .OrderBy(m => m.ToDisplayString(), StringComparer.Ordinal)
            .Select(m => ModuleTranslator.Translate(compilation, m, CancellationToken.None))];
        List<Diagnostic> wrongs = [.. modules.SelectMany(m => m.Diagnostics).Select(d => d.ToDiagnostic())];
        if (wrongs.Count == 0 && modules.Any(m => m.Body.Length == 0))
        {
            wrongs.AddRange(Errors(compilation));
        }

        foreach (Diagnostic wrong in wrongs)
        {
            errors.WriteLine(wrong.ToString());
        }

        if (wrongs.Count > 0)
        {
            return WrongKernels;
        }

        string folder = Path.Combine(options.Output, options.Assembly);
        Directory.CreateDirectory(folder);
        foreach (TranslatedModule module in modules)
        {
            File.WriteAllText(Path.Combine(folder, module.Name + ".c"), module.Body);
            output.WriteLine($"{module.Name} {module.Hash}");
        }

        return 0;
    }

    private static CSharpCompilation Compile(EmitOptions options)
    {
        CSharpParseOptions parse = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);
        IEnumerable<SyntaxTree> trees = options.Sources
            .Select(s => CSharpSyntaxTree.ParseText(File.ReadAllText(s), parse, Path.GetFullPath(s)));

        // What projects that import the SDK's usings leave out.
        SyntaxTree usings = CSharpSyntaxTree.ParseText(
            "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; "
                + "global using System.Threading; global using System.Threading.Tasks;",
            parse);
        return CSharpCompilation.Create(
            options.Assembly,
            trees.Append(usings),
            options.References.Select(r => MetadataReference.CreateFromFile(r)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }

    private static HashSet<INamedTypeSymbol> Modules(CSharpCompilation compilation)
    {
        var modules = new HashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            SemanticModel model = compilation.GetSemanticModel(tree);
            foreach (MethodDeclarationSyntax method in tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>())
            {
                if (method.AttributeLists.Count > 0
                    && model.GetDeclaredSymbol(method) is { } symbol
                    && DeviceApi.Kernel(symbol) is not null)
                {
                    modules.Add(symbol.ContainingType);
                }
            }
        }

        return modules;
    }

    // Launchers do not exist here, so calls of them are errors too; the first few lead to the kernel that is wrong.
    private static IEnumerable<Diagnostic> Errors(CSharpCompilation compilation) =>
        compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Take(10);
}
