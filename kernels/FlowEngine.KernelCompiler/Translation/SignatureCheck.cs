using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlowEngine.KernelCompiler;

/// <summary>Checks the signatures of device functions; those of kernels are checked where they are read.</summary>
internal static class SignatureCheck
{
    public static void Run(ModuleContext module, FunctionGraph graph)
    {
        foreach (DeviceFunction function in graph.Functions.Where(f => f.Kernel is null))
        {
            foreach (IParameterSymbol parameter in function.Method.Parameters.Where(p => p.RefKind != RefKind.None))
            {
                SyntaxNode syntax = function.Syntax.ParameterList.Parameters[parameter.Ordinal];
                module.Diagnostics.Report(Rules.ReferenceParameter, syntax, parameter.Name);
            }

            TypeSyntax result = function.Syntax.ReturnType;
            if (function.Method.RefKind != RefKind.None)
            {
                module.Diagnostics.Report(Rules.Construct, result, "A reference as a result", "return the value");
            }
            else if (DeviceApi.IsLocalArray(function.Method.ReturnType))
            {
                module.Diagnostics.Report(
                    Rules.Construct, result, "A LocalArray<T> as a result", "let the caller pass the array to fill");
            }
        }
    }
}
