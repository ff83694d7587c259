namespace FlowEngine.KernelCompiler;

/// <summary>A module's translation; compares by value.</summary>
/// <param name="FullName">The class with its namespace.</param>
/// <param name="Name">The class.</param>
/// <param name="Body">The C text; empty if there are diagnostics.</param>
/// <param name="Hash">The hash of the CUDA prelude and the text.</param>
/// <param name="Source">The generated C#.</param>
/// <param name="Diagnostics">What is wrong.</param>
/// <param name="Place">The first kernel's name, for messages about the module.</param>
internal sealed record TranslatedModule(
    string FullName,
    string Name,
    string Body,
    string Hash,
    string Source,
    EquatableArray<DiagnosticRecord> Diagnostics,
    DiagnosticPlace Place);
