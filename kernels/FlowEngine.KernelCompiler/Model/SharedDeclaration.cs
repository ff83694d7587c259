namespace FlowEngine.KernelCompiler;

/// <summary>A declaration of shared memory.</summary>
/// <param name="Text">The declaration in C.</param>
/// <param name="Parameter">What a function declares that takes the memory.</param>
/// <param name="Name">Its name in C.</param>
internal sealed record SharedDeclaration(string Text, string Parameter, string Name);
