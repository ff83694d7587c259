using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>A kernel as its attribute and its signature declare it.</summary>
/// <param name="Method">The method.</param>
/// <param name="BlockSize">The threads of a group.</param>
/// <param name="MinGroups">How many groups should fit a multiprocessor, 0 for no wish.</param>
/// <param name="Portable">Whether it also runs as OpenCL C.</param>
/// <param name="Entries">What runners can start: the kernel, or its variants.</param>
internal sealed record KernelDeclaration(
    IMethodSymbol Method, int BlockSize, int MinGroups, bool Portable, IReadOnlyList<KernelEntry> Entries)
{
    private const int MaxParameters = 32;

    /// <summary>Whether the kernel is compiled several times, with constants for its last parameters.</summary>
    public bool HasVariants => Entries[0].Constants.Count > 0;

    /// <summary>The parameters that constants stand for.</summary>
    public IEnumerable<IParameterSymbol> ConstantParameters => Method.Parameters.Skip(Entries[0].Parameters.Count);

    /// <summary>Reads a declaration and reports what is wrong with it; null if it cannot be a kernel at all.</summary>
    public static KernelDeclaration? Read(ModuleContext module, CTypes types, IMethodSymbol method)
    {
        AttributeData attribute = DeviceApi.Kernel(method)!;
        int blockSize = attribute.ConstructorArguments.Length == 1 && attribute.ConstructorArguments[0].Value is int n ? n : 0;
        int minGroups = 0;
        bool portable = true;
        foreach (KeyValuePair<string, TypedConstant> named in attribute.NamedArguments)
        {
            if (named.Key == "MinGroupsPerMultiprocessor" && named.Value.Value is int groups)
            {
                minGroups = groups;
            }
            else if (named.Key == "Portable" && named.Value.Value is bool p)
            {
                portable = p;
            }
        }

        var syntax = (MethodDeclarationSyntax)method.DeclaringSyntaxReferences[0].GetSyntax(module.Cancellation);
        Location place = syntax.Identifier.GetLocation();
        bool good = true;
        void Wrong(string what)
        {
            module.Diagnostics.Report(Rules.Declaration, place, method.Name, what);
            good = false;
        }

        if (!method.IsStatic || !method.ReturnsVoid)
        {
            Wrong("is not static void; declare it so");
        }

        if (method.IsGenericMethod || method.ContainingType.IsGenericType)
        {
            Wrong("is generic; write one kernel for each type");
        }

        if (!method.ContainingType.IsStatic || method.ContainingType.ContainingType is not null
            || !syntax.Ancestors().OfType<TypeDeclarationSyntax>().All(t => t.Modifiers.Any(SyntaxKind.PartialKeyword)))
        {
            Wrong($"needs a static partial class that is not nested; declare {method.ContainingType.Name} so");
        }

        if (blockSize < 32 || blockSize > 1024 || blockSize % 32 != 0)
        {
            Wrong("has a block size that is not a multiple of 32 from 32 to 1024; give it one");
        }

        if (method.Parameters.Length > MaxParameters)
        {
            Wrong("has more than 32 parameters; put numbers into a readonly struct");
        }

        if (Names(method.ContainingType).GroupBy(n => n).Any(g => g.Count() > 1 && Names(method).Contains(g.Key)))
        {
            Wrong("has the name of another kernel or variant of its class; give it one of its own");
        }

        List<KernelEntry> entries = [.. Variants(method)];
        CheckVariants(method, entries, Wrong);

        foreach (IParameterSymbol parameter in method.Parameters)
        {
            if (parameter.Type.TypeKind == TypeKind.Error)
            {
                module.Invalid = true;
                good = false;
            }
            else if (!types.CanBeKernelParameter(parameter))
            {
                module.Diagnostics.Report(
                    Rules.Parameter,
                    parameter.DeclaringSyntaxReferences[0].GetSyntax(module.Cancellation),
                    parameter.Name,
                    parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat));
                good = false;
            }
        }

        if (entries.Count == 0)
        {
            entries.Add(Entry(method, method.Name, method.Parameters, []));
        }

        return good ? new KernelDeclaration(method, blockSize, minGroups, portable, entries) : null;
    }

    private static KernelEntry Entry(
        IMethodSymbol method, string name, IEnumerable<IParameterSymbol> parameters, IReadOnlyList<int> constants) =>
        new(name, CNames.Ascii($"{method.ContainingType.Name}_{name}"), [.. parameters], constants);

    private static IEnumerable<KernelEntry> Variants(IMethodSymbol method)
    {
        foreach (AttributeData variant in DeviceApi.Variants(method))
        {
            // What is no constant of the right type is the C# compiler's to report.
            string name = variant.ConstructorArguments.FirstOrDefault().Value as string ?? "";
            List<int> constants = variant.ConstructorArguments.Length == 2
                ? [.. variant.ConstructorArguments[1].Values.Select(v => v.Value).OfType<int>()]
                : [];
            yield return Entry(
                method, name, method.Parameters.Take(method.Parameters.Length - constants.Count), constants);
        }
    }

    private static void CheckVariants(IMethodSymbol method, List<KernelEntry> variants, Action<string> wrong)
    {
        if (variants.Count == 0)
        {
            return;
        }

        int count = variants[0].Constants.Count;
        if (count == 0 || variants.Any(v => v.Constants.Count != count))
        {
            wrong("has variants without constants, or with different numbers of them; give each as many, from one");
        }

        if (count > method.Parameters.Length
            || method.Parameters.Skip(method.Parameters.Length - count).Any(p => p.Type.SpecialType != SpecialType.System_Int32))
        {
            wrong("has variants whose constants are not for parameters of type int; make its last parameters so");
        }

        if (variants.Any(v => !SyntaxFacts.IsValidIdentifier(v.Name)))
        {
            wrong("has a variant whose name is no identifier; give it one");
        }

        if (variants.Select(v => string.Join(",", v.Constants)).Distinct().Count() < variants.Count)
        {
            wrong("has two variants of the same constants; leave one out");
        }
    }

    // The names that a class's kernels and their variants take.
    private static IEnumerable<string> Names(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IMethodSymbol>().Where(m => DeviceApi.Kernel(m) is not null).SelectMany(Names);

    private static IEnumerable<string> Names(IMethodSymbol kernel) =>
        Variants(kernel).Select(v => v.Name).Prepend(kernel.Name);
}
