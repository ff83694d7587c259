using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>Translates a class with kernels. The generator and the emit command both come here.</summary>
internal static class ModuleTranslator
{
    public static TranslatedModule Translate(Compilation compilation, INamedTypeSymbol type, CancellationToken cancellation)
    {
        var module = new ModuleContext(compilation, type, cancellation);
        var types = new CTypes(module);
        List<IMethodSymbol> methods = Kernels(type);
        List<KernelDeclaration> kernels =
            [.. methods.Select(m => KernelDeclaration.Read(module, types, m)).OfType<KernelDeclaration>()];
        FunctionGraph graph = FunctionGraph.Build(module, kernels);
        SignatureCheck.Run(module, graph);
        WaitCheck.Run(module, graph);
        string body = ModuleText.Write(module, types, graph);
        if (!module.Diagnostics.Any && !module.Invalid)
        {
            UniformityAnalysis.Run(module, graph);
        }

        bool good = !module.Diagnostics.Any && !module.Invalid;
        body = good ? body : "";
        string hash = good ? CudaHash.Of(body) : "";
        string source = ModuleSource.Write(module, types, graph, body, hash);
        return new TranslatedModule(
            type.ToDisplayString(),
            type.Name,
            body,
            hash,
            source,
            module.Diagnostics.Sorted(),
            DiagnosticPlace.Of(Syntax(methods[0], cancellation).Identifier.GetLocation()));
    }

    // By file name and place, so that the order does not depend on the order or the folder of the files.
    private static List<IMethodSymbol> Kernels(INamedTypeSymbol type) =>
    [
        .. type.GetMembers().OfType<IMethodSymbol>()
            .Where(m => DeviceApi.Kernel(m) is not null && m.DeclaringSyntaxReferences.Length > 0)
            .OrderBy(m => Path.GetFileName(m.DeclaringSyntaxReferences[0].SyntaxTree.FilePath), StringComparer.Ordinal)
            .ThenBy(m => m.DeclaringSyntaxReferences[0].Span.Start),
    ];

    private static MethodDeclarationSyntax Syntax(IMethodSymbol method, CancellationToken cancellation) =>
        (MethodDeclarationSyntax)method.DeclaringSyntaxReferences[0].GetSyntax(cancellation);
}
