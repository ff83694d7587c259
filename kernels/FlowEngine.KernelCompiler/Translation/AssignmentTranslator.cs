using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>Translates the expressions that are statements: assignments, increments and calls.</summary>
internal sealed class AssignmentTranslator(
    ModuleContext module, CTypes types, ExpressionTranslator expressions, Refusals refusals)
{
    /// <summary>A statement that is an expression.</summary>
    public string? Translate(IOperation operation)
    {
        switch (operation)
        {
            case ISimpleAssignmentOperation o when !o.IsRef:
                return Assignment(o);
            case ICompoundAssignmentOperation o:
                return CompoundAssignment(o);
            case IIncrementOrDecrementOperation o:
                return Increment(o);
            case IInvocationOperation o when DeviceApi.IsUnroll(o.TargetMethod.OriginalDefinition):
                module.Diagnostics.Report(
                    Rules.Construct, o.Syntax, "Loop.Unroll() here", "make it the first statement of a loop's body");
                return null;
            case IInvocationOperation o:
                return expressions.Translate(o).Text + ";";
            default:
                // What C# takes as a statement but C would compute for nothing.
                expressions.Translate(operation);
                return null;
        }
    }

    /// <summary>What a local is initialized with: <c>new(...)</c> stands under a conversion to its type.</summary>
    public static IOperation? Initializer(IOperation? value) =>
        value is IConversionOperation { IsImplicit: true } conversion && conversion.GetConversion().IsObjectCreation
            ? conversion.Operand
            : value;

    private string? Assignment(ISimpleAssignmentOperation operation)
    {
        if (operation.Target is IDiscardOperation)
        {
            if (operation.Value is IInvocationOperation call)
            {
                return expressions.Translate(call).Text + ";";
            }

            refusals.Unknown(operation, "a discard of what is no call", "leave it out");
            return null;
        }

        if (DeviceApi.IsPointer(operation.Target.Type)
            && operation.Target is ILocalReferenceOperation { Local: var local }
            && IsStorage(local))
        {
            refusals.Unknown(operation, $"assigning to '{local.Name}', which is an array itself,", "declare another local");
            return null;
        }

        string target = expressions.Translate(operation.Target).Text;
        return $"{target} = {expressions.Translate(operation.Value).Text};";
    }

    // A local that is an array in C, not a pointer to one.
    private bool IsStorage(ILocalSymbol local) =>
        local.DeclaringSyntaxReferences[0].GetSyntax(module.Cancellation)
            is VariableDeclaratorSyntax { Initializer.Value: { } value }
        && Initializer(module.Model(value.SyntaxTree).GetOperation(value, module.Cancellation)) is { } initializer
        && (initializer is IObjectCreationOperation
            || (initializer is IInvocationOperation { TargetMethod.OriginalDefinition: var method }
                && (DeviceApi.IsSharedAllocate(method) || DeviceApi.IsSharedDynamic(method))));

    private string? CompoundAssignment(ICompoundAssignmentOperation operation)
    {
        if (operation.IsChecked)
        {
            refusals.Unknown(operation, "checked arithmetic", "write it unchecked");
            return null;
        }

        CExpression target = expressions.Translate(operation.Target);
        if (operation.OperatorMethod is { } method)
        {
            string? vectorOp = operation.OperatorKind switch
            {
                BinaryOperatorKind.Add => "+=",
                BinaryOperatorKind.Subtract => "-=",
                BinaryOperatorKind.Multiply => "*=",
                BinaryOperatorKind.Divide => "/=",
                _ => null,
            };
            if (DeviceApi.DeviceTypeName(method.ContainingType) is null || vectorOp is null)
            {
                refusals.NoForm(operation, method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
                return null;
            }

            return $"{target.Text} {vectorOp} {expressions.Translate(operation.Value).Text};";
        }

        if (operation.Target.Type?.SpecialType == SpecialType.System_String)
        {
            module.Diagnostics.Report(Rules.Text, operation.Syntax, operation.Syntax.ToString());
            return null;
        }

        bool shift = operation.OperatorKind
            is BinaryOperatorKind.LeftShift or BinaryOperatorKind.RightShift or BinaryOperatorKind.UnsignedRightShift;
        ITypeSymbol? type = shift ? Promoted(operation.Target.Type) : operation.Value.Type;
        string? typeName = type is null ? null : types.TryOf(type);
        bool direct = typeName is not null && typeName == types.TryOf(operation.Target.Type!)
            && operation.OperatorKind != BinaryOperatorKind.UnsignedRightShift;
        CExpression left = typeName is null || typeName == types.TryOf(operation.Target.Type!) ? target : CExpression.Cast(typeName, target);
        if (!direct && operation.Target.Type?.SpecialType == SpecialType.System_Single
            && type?.SpecialType == SpecialType.System_Double)
        {
            module.Diagnostics.Report(Rules.Double, operation.Syntax);
        }

        CExpression value = expressions.Operator(operation, operation.OperatorKind, left, type, operation.Value);
        if (direct)
        {
            // The right operand alone, as the operator wrote it.
            CExpression right = shift ? ShiftCount(operation, type) : expressions.Translate(operation.Value);
            string? op = CompoundOperator(operation.OperatorKind);
            return op is null ? null : $"{target.Text} {op} {right.Text};";
        }

        if (operation.Target.Descendants().Any(o => o is IInvocationOperation))
        {
            refusals.Unknown(operation, "a compound assignment that converts and whose target holds a call", "assign the call to a local");
        }

        string targetType = types.Of(operation.Target.Type!, operation.Syntax);
        return typeName == targetType
            ? $"{target.Text} = {value.Text};"
            : $"{target.Text} = {CExpression.Cast(targetType, value).Text};";
    }

    private static string? CompoundOperator(BinaryOperatorKind kind) => kind switch
    {
        BinaryOperatorKind.Add => "+=",
        BinaryOperatorKind.Subtract => "-=",
        BinaryOperatorKind.Multiply => "*=",
        BinaryOperatorKind.Divide => "/=",
        BinaryOperatorKind.Remainder => "%=",
        BinaryOperatorKind.And => "&=",
        BinaryOperatorKind.Or => "|=",
        BinaryOperatorKind.ExclusiveOr => "^=",
        BinaryOperatorKind.LeftShift => "<<=",
        BinaryOperatorKind.RightShift => ">>=",
        _ => null,
    };

    private CExpression ShiftCount(ICompoundAssignmentOperation operation, ITypeSymbol? type)
    {
        int mask = type?.SpecialType is SpecialType.System_Int64 or SpecialType.System_UInt64 ? 63 : 31;
        return operation.Value.ConstantValue is { HasValue: true, Value: int n }
            ? CLiteral.Of(n & mask)!.Value
            : CExpression.Binary("&", expressions.Translate(operation.Value), CLiteral.Of(mask)!.Value);
    }

    private ITypeSymbol? Promoted(ITypeSymbol? type) => type?.SpecialType switch
    {
        SpecialType.System_Byte or SpecialType.System_SByte or SpecialType.System_Int16 or SpecialType.System_UInt16 =>
            module.Compilation.GetSpecialType(SpecialType.System_Int32),
        _ => type,
    };

    private string? Increment(IIncrementOrDecrementOperation operation)
    {
        if (operation.IsChecked || operation.OperatorMethod is not null)
        {
            refusals.Unknown(operation, "this increment", "write x += 1");
            return null;
        }

        string op = operation.Kind == OperationKind.Increment ? "++" : "--";
        return $"{expressions.Translate(operation.Target).At(Precedence.Primary)}{op};";
    }
}
