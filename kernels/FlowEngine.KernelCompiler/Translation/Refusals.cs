using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>Reports what has no C form. Each gives the expression that stands in its place.</summary>
internal sealed class Refusals(ModuleContext module, CTypes types)
{
    /// <summary>The stand-in.</summary>
    public static readonly CExpression Nothing = new("0");

    /// <summary>A member that C does not have.</summary>
    public CExpression NoForm(IOperation operation, string what)
    {
        module.Diagnostics.Report(Rules.Call, operation.Syntax, what);
        return Nothing;
    }

    /// <summary>A construct, and what to write in its place.</summary>
    public CExpression Unknown(IOperation operation, string what, string instead)
    {
        module.Diagnostics.Report(
            Rules.Construct, operation.Syntax, char.ToUpperInvariant(what[0]) + what.Substring(1), instead);
        return Nothing;
    }

    /// <summary>An operation of no form that is translated.</summary>
    public CExpression NotOfLanguage(IOperation operation)
    {
        switch (operation)
        {
            case IInvalidOperation or IDynamicInvocationOperation:
                module.Invalid = true;
                break;
            case IArrayCreationOperation or IDelegateCreationOperation or IAnonymousFunctionOperation
                or IAnonymousObjectCreationOperation or ICollectionExpressionOperation or IMethodReferenceOperation:
                module.Diagnostics.Report(Rules.Allocation, operation.Syntax, $"'{operation.Syntax}'");
                break;
            case IArrayElementReferenceOperation element:
                types.ReportType(element.ArrayReference.Type!, operation.Syntax);
                break;
            case IThrowOperation:
                module.Diagnostics.Report(Rules.Exception, operation.Syntax, $"'{operation.Syntax}'");
                break;
            case IInterpolatedStringOperation:
                module.Diagnostics.Report(Rules.Text, operation.Syntax, operation.Syntax.ToString());
                break;
            case IFunctionPointerInvocationOperation:
                module.Diagnostics.Report(Rules.IndirectCall, operation.Syntax, operation.Syntax.ToString());
                break;
            case IDefaultValueOperation:
                Unknown(operation, "default of a struct", "write its numbers");
                break;
            case IIsPatternOperation or IIsTypeOperation or ISwitchExpressionOperation:
                Unknown(operation, "a pattern", "write comparisons");
                break;
            default:
                Unknown(operation, $"'{operation.Syntax}'", "write it with arithmetic, comparisons and calls of static methods");
                break;
        }

        return Nothing;
    }
}
