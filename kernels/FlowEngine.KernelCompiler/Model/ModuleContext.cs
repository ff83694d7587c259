using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>What all steps of a module's translation share.</summary>
internal sealed class ModuleContext(Compilation compilation, INamedTypeSymbol type, CancellationToken cancellation)
{
    private readonly Dictionary<SyntaxTree, SemanticModel> _models = [];

    public Compilation Compilation { get; } = compilation;

    /// <summary>The class with the kernels.</summary>
    public INamedTypeSymbol Class { get; } = type;

    public CancellationToken Cancellation { get; } = cancellation;

    public DiagnosticBag Diagnostics { get; } = new();

    /// <summary>
    /// Set where the C# compiler has found the code wrong itself, so that nothing is written and nothing said.
    /// </summary>
    public bool Invalid { get; set; }

    public SemanticModel Model(SyntaxTree tree)
    {
        if (!_models.TryGetValue(tree, out SemanticModel? model))
        {
            _models[tree] = model = Compilation.GetSemanticModel(tree);
        }

        return model;
    }
}
