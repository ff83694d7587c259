using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.Tests.Structure;

/// <summary>Which folders of a project use types of which others, by what the names in their code resolve to.</summary>
/// <param name="root">The namespace of the project; a folder is a namespace below it.</param>
internal sealed class FolderDependencies(string root)
{
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; "
        + "global using System.Threading; global using System.Threading.Tasks;";

    private readonly SortedDictionary<(string From, string To), SortedSet<string>> _uses = [];

    /// <summary>The types that one folder uses of another.</summary>
    public IReadOnlyDictionary<(string From, string To), SortedSet<string>> Uses => _uses;

    /// <summary>Files whose namespace is not their folder.</summary>
    public List<string> Misplaced { get; } = [];

    /// <summary>Reads the sources of a project.</summary>
    /// <param name="root">The namespace of the project.</param>
    /// <param name="files">Path below the project, with '/', and text.</param>
    public static FolderDependencies Of(string root, IEnumerable<(string Path, string Text)> files)
    {
        CSharpParseOptions options = new(LanguageVersion.Preview);
        SyntaxTree[] trees = [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, options, file.Path))];
        string[] references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create(
            root,
            trees.Append(CSharpSyntaxTree.ParseText(Usings, options)),
            references.Where(path => Path.GetFileNameWithoutExtension(path) != root)
                .Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));

        // A name that does not resolve would hide what it depends on.
        Diagnostic? error = compilation.GetDiagnostics().FirstOrDefault(found => found.Severity == DiagnosticSeverity.Error);
        if (error is not null)
        {
            throw new InvalidOperationException(error.ToString());
        }

        FolderDependencies dependencies = new(root);
        foreach (SyntaxTree tree in trees)
        {
            dependencies.Add(tree, compilation.GetSemanticModel(tree));
        }

        return dependencies;
    }

    /// <summary>The uses that go against an order, and those of folders that it does not name.</summary>
    /// <param name="order">The folders, each after all that it may use.</param>
    public IEnumerable<(string From, string To)> Against(IReadOnlyList<string> order)
    {
        List<string> known = [.. order];
        return _uses.Keys.Where(use => known.IndexOf(use.From) <= known.IndexOf(use.To) || !known.Contains(use.To));
    }

    private void Add(SyntaxTree tree, SemanticModel model)
    {
        SyntaxNode file = tree.GetRoot();
        string from = Path.GetDirectoryName(tree.FilePath)!.Replace('\\', '/');
        string expected = from.Length == 0 ? root : $"{root}.{from.Replace('/', '.')}";
        string? actual = file.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString();
        if (actual != expected)
        {
            Misplaced.Add($"{tree.FilePath}: {actual}");
        }

        foreach (SimpleNameSyntax name in file.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            if (name.FirstAncestorOrSelf<UsingDirectiveSyntax>() is null
                && TypeOf(model.GetSymbolInfo(name).Symbol) is INamedTypeSymbol type
                && FolderOf(type) is string to
                && to != from)
            {
                if (!_uses.TryGetValue((from, to), out SortedSet<string>? types))
                {
                    _uses.Add((from, to), types = []);
                }

                types.Add($"{Path.GetFileNameWithoutExtension(tree.FilePath)} -> {type.Name}");
            }
        }
    }

    private static INamedTypeSymbol? TypeOf(ISymbol? symbol) => symbol is INamedTypeSymbol type ? type : symbol?.ContainingType;

    // The root holds what all may use.
    private string? FolderOf(INamedTypeSymbol type)
    {
        string space = type.ContainingNamespace.ToDisplayString();
        return type.Locations.Any(location => location.IsInSource) && space.StartsWith(root + ".", StringComparison.Ordinal)
            ? space[(root.Length + 1)..].Replace('.', '/')
            : null;
    }
}
