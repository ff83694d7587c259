using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>A kernel as its attribute and its signature declare it.</summary>
/// <param name="Method">The method.</param>
/// <param name="BlockSize">The threads of a group.</param>
/// <param name="MinGroups">How many groups should fit a multiprocessor, 0 for no wish.</param>
/// <param name="Portable">Whether it also runs as OpenCL C.</param>
internal sealed record KernelDeclaration(IMethodSymbol Method, int BlockSize, int MinGroups, bool Portable)
{
    private const int MaxParameters = 32;

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

        if (method.ContainingType.GetMembers(method.Name).OfType<IMethodSymbol>().Count(m => DeviceApi.Kernel(m) is not null) > 1)
        {
            Wrong("has the name of another kernel of its class; give it one of its own");
        }

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

        return good ? new KernelDeclaration(method, blockSize, minGroups, portable) : null;
    }
}
