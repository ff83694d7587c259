using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// Copies C# from where a kernel stands to the generated file: the same text, line for line, with names spelled in full,
/// since other usings hold there, and with the values of hoisted calls in place of the calls.
/// </summary>
internal sealed class SourceRenderer(ModuleContext module, INamedTypeSymbol owner)
{
    private readonly Dictionary<SyntaxNode, string> _replacements = [];

    /// <summary>The namespaces that hold the extension methods called.</summary>
    public SortedSet<string> Namespaces { get; } = new(StringComparer.Ordinal);

    /// <summary>The methods of other classes that the class cannot see: they need a copy there.</summary>
    public Func<IMethodSymbol, string?> CopyOf { get; set; } = _ => null;

    /// <summary>From now on writes a text in place of a node.</summary>
    public void Replace(SyntaxNode node, string text) => _replacements[node] = text;

    public string Render(SyntaxNode node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString().Trim();
    }

    private void Append(StringBuilder text, SyntaxNode node)
    {
        if (_replacements.TryGetValue(node, out string? replacement)
            || (node is SimpleNameSyntax name && (replacement = Qualified(name)) is not null))
        {
            text.Append(node.GetLeadingTrivia().ToFullString()).Append(replacement).Append(node.GetTrailingTrivia().ToFullString());
            return;
        }

        if (node is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax } call
            && module.Model(call.SyntaxTree).GetSymbolInfo(call).Symbol is IMethodSymbol { ReducedFrom: { } extension })
        {
            Namespaces.Add(extension.ContainingNamespace.ToDisplayString());
        }

        foreach (SyntaxNodeOrToken child in node.ChildNodesAndTokens())
        {
            if (child.AsNode() is { } inner)
            {
                Append(text, inner);
            }
            else
            {
                text.Append(child.AsToken().ToFullString());
            }
        }
    }

    private string? Qualified(SimpleNameSyntax name)
    {
        if (name.Parent is NameColonSyntax or NameEqualsSyntax
            || name is IdentifierNameSyntax { IsVar: true }
            || (name.Parent is AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax } assignment
                && assignment.Left == name))
        {
            return null;
        }

        ISymbol? symbol = module.Model(name.SyntaxTree).GetSymbolInfo(name).Symbol;
        bool right = (name.Parent is MemberAccessExpressionSyntax access && access.Name == name)
            || (name.Parent is QualifiedNameSyntax qualified && qualified.Right == name)
            || name.Parent is MemberBindingExpressionSyntax;
        if (symbol is IMethodSymbol method && !right && CopyOf(method.OriginalDefinition) is { } copy)
        {
            return copy;
        }

        if (right)
        {
            return null;
        }

        switch (symbol)
        {
            case INamedTypeSymbol type:
                return type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
            case INamespaceSymbol space:
                return space.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
            case IFieldSymbol { IsConst: true, IsStatic: true } field
                when !module.Compilation.IsSymbolAccessibleWithin(field, owner):
                return $"(({field.Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)})"
                    + $"({SymbolDisplay.FormatPrimitive(field.ConstantValue!, false, false)}))";
            case IFieldSymbol or IPropertySymbol or IMethodSymbol when symbol.IsStatic:
                return $"{symbol.ContainingType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}.{name}";
            default:
                return null;
        }
    }
}
