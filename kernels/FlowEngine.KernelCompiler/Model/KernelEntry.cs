using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>What a runner can start: a kernel, or one variant of it.</summary>
/// <param name="Name">The kernel's or the variant's name.</param>
/// <param name="CName">Its name in C.</param>
/// <param name="Parameters">The parameters that a launch gives.</param>
/// <param name="Constants">What stands for the kernel's other parameters, the last ones; none without variants.</param>
internal sealed record KernelEntry(
    string Name, string CName, IReadOnlyList<IParameterSymbol> Parameters, IReadOnlyList<int> Constants);
