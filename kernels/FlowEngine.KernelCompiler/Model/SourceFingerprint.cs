using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>Sums up all that a module's translation can depend on, without asking the semantic model.</summary>
/// <remarks>
/// That is every file's declarations, since any may change what a name means, and the whole text of the files whose
/// methods the kernels may call: those that have a name which is called from there. By name alone, so it takes rather
/// too many files than too few. What is known of a file is kept with its tree and lives as long.
/// </remarks>
internal sealed class SourceFingerprint
{
    private static readonly ConditionalWeakTable<SyntaxTree, FileSummary> _summaries = new();

    private readonly List<FileSummary> _files = [];
    private readonly Dictionary<string, List<FileSummary>> _byMethod = new(StringComparer.Ordinal);
    private readonly Dictionary<SyntaxTree, FileSummary> _byTree = [];
    private readonly string _environment;

    public SourceFingerprint(Compilation compilation, CancellationToken cancellation)
    {
        var environment = new StringBuilder();
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            FileSummary summary = _summaries.GetValue(tree, t => FileSummary.Of(t, cancellation));
            _files.Add(summary);
            _byTree[tree] = summary;
            environment.Append(summary.Declarations).Append('\n');
            foreach (string method in summary.Methods)
            {
                if (!_byMethod.TryGetValue(method, out List<FileSummary>? files))
                {
                    _byMethod[method] = files = [];
                }

                files.Add(summary);
            }
        }

        foreach (MetadataReference reference in compilation.References)
        {
            environment.Append(RuntimeHelpers.GetHashCode(reference).ToString(CultureInfo.InvariantCulture)).Append('\n');
        }

        _environment = environment.ToString();
    }

    public string Of(INamedTypeSymbol type)
    {
        var files = new HashSet<FileSummary>(type.DeclaringSyntaxReferences.Select(r => _byTree[r.SyntaxTree]));
        var open = new Queue<FileSummary>(files);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (open.Count > 0)
        {
            foreach (string name in open.Dequeue().Calls)
            {
                if (names.Add(name) && _byMethod.TryGetValue(name, out List<FileSummary>? callees))
                {
                    foreach (FileSummary callee in callees.Where(files.Add))
                    {
                        open.Enqueue(callee);
                    }
                }
            }
        }

        return _environment + string.Join("\n", _files.Where(files.Contains).Select(f => f.Whole));
    }

    private sealed class FileSummary
    {
        /// <summary>The hash of the path and of the text without the bodies of methods.</summary>
        public string Declarations { get; private set; } = "";

        /// <summary>The hash of the path and of the whole text.</summary>
        public string Whole { get; private set; } = "";

        public HashSet<string> Methods { get; } = new(StringComparer.Ordinal);

        /// <summary>The names that bodies call.</summary>
        public HashSet<string> Calls { get; } = new(StringComparer.Ordinal);

        public static FileSummary Of(SyntaxTree tree, CancellationToken cancellation)
        {
            var summary = new FileSummary
            {
                Whole = tree.FilePath + Convert.ToBase64String([.. tree.GetText(cancellation).GetChecksum()]),
            };
            var text = new StringBuilder(tree.FilePath);
            summary.Visit(tree.GetRoot(cancellation), text);
            summary.Declarations = CudaHash.Of(text.ToString());
            return summary;
        }

        private void Visit(SyntaxNode node, StringBuilder text)
        {
            switch (node)
            {
                case BlockSyntax { Parent: MemberDeclarationSyntax or AccessorDeclarationSyntax }:
                case ArrowExpressionClauseSyntax { Parent: MemberDeclarationSyntax or AccessorDeclarationSyntax }:
                    VisitBody(node);
                    return;
                case MethodDeclarationSyntax method:
                    Methods.Add(method.Identifier.ValueText);
                    break;
            }

            foreach (SyntaxNodeOrToken child in node.ChildNodesAndTokens())
            {
                if (child.AsNode() is { } inner)
                {
                    Visit(inner, text);
                }
                else
                {
                    text.Append(child.AsToken().Text).Append(' ');
                }
            }
        }

        private void VisitBody(SyntaxNode body)
        {
            foreach (InvocationExpressionSyntax call in body.DescendantNodes().OfType<InvocationExpressionSyntax>())
            {
                switch (call.Expression)
                {
                    case SimpleNameSyntax name:
                        Calls.Add(name.Identifier.ValueText);
                        break;
                    case MemberAccessExpressionSyntax access:
                        Calls.Add(access.Name.Identifier.ValueText);
                        break;
                }
            }
        }
    }
}
