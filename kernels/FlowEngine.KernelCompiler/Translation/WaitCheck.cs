using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>Finds waiting calls where the emulator cannot hoist them: where they may be skipped or repeated.</summary>
internal static class WaitCheck
{
    public static void Run(ModuleContext module, FunctionGraph graph)
    {
        foreach (DeviceFunction function in graph.Functions.Where(f => f is { Waits: true, Body: not null }))
        {
            foreach (IInvocationOperation call in function.Body!.Descendants().OfType<IInvocationOperation>())
            {
                if (graph.Waits(call.TargetMethod.OriginalDefinition) && Around(call) is { } place)
                {
                    module.Diagnostics.Report(Rules.ConditionalWait, call.Syntax, call.TargetMethod.Name, place);
                }
            }
        }
    }

    private static string? Around(IOperation call)
    {
        IOperation child = call;
        for (IOperation? parent = call.Parent; parent is not null; child = parent, parent = parent.Parent)
        {
            switch (parent)
            {
                case IConditionalOperation { Type: not null }:
                    return "?:";
                case IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd }:
                    return "&&";
                case IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalOr }:
                    return "||";
                case ILoopOperation loop:
                    return child == loop.Body ? null : "the header of a loop";
                case IBlockOperation:
                    return null;
            }
        }

        return null;
    }
}
