using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// A diagnostic that compares by value and holds no tree, so that the generator can keep it between runs.
/// </summary>
/// <param name="Rule">The rule.</param>
/// <param name="Place">Where.</param>
/// <param name="Arguments">What the message says.</param>
internal sealed record DiagnosticRecord(DiagnosticDescriptor Rule, DiagnosticPlace Place, EquatableArray<string> Arguments)
{
    public Diagnostic ToDiagnostic() => Diagnostic.Create(Rule, Place.ToLocation(), [.. Arguments]);
}
