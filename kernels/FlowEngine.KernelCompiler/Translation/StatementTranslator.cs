using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>Translates the statements of one function.</summary>
internal sealed class StatementTranslator(
    ModuleContext module,
    CTypes types,
    DeviceFunction function,
    ExpressionTranslator expressions,
    AssignmentTranslator assignments,
    CNames names,
    CodeWriter writer)
{
    private const int SharedAlignment = 128;

    private bool _dynamicSeen;

    /// <summary>The statements of a block, its braces not.</summary>
    public void Body(IBlockOperation block)
    {
        foreach (IOperation operation in block.Operations)
        {
            Statement(operation, true);
        }
    }

    private void Statement(IOperation operation, bool outermost = false)
    {
        module.Cancellation.ThrowIfCancellationRequested();
        switch (operation)
        {
            case IBlockOperation { Syntax.Parent: UnsafeStatementSyntax unsafeSyntax }:
                NotOfLanguage(operation, unsafeSyntax);
                break;
            case IBlockOperation o:
                Block(o);
                break;
            case IVariableDeclarationGroupOperation o:
                Declarations(o, outermost);
                break;
            case IExpressionStatementOperation o:
                if (assignments.Translate(o.Operation) is { } text)
                {
                    writer.Line(text);
                }

                break;
            case IConditionalOperation o:
                If(o, "if");
                break;
            case IForLoopOperation o:
                For(o);
                break;
            case IWhileLoopOperation o:
                While(o);
                break;
            case IBranchOperation { BranchKind: BranchKind.Break }:
                writer.Line("break;");
                break;
            case IBranchOperation { BranchKind: BranchKind.Continue }:
                writer.Line("continue;");
                break;
            case IReturnOperation { Kind: OperationKind.Return } o:
                Return(o);
                break;
            case IEmptyOperation:
                break;
            default:
                NotOfLanguage(operation);
                break;
        }
    }

    private void Return(IReturnOperation operation)
    {
        if (operation.IsImplicit && operation.ReturnedValue is null)
        {
            return;
        }

        writer.Line(operation.ReturnedValue is null ? "return;" : $"return {expressions.Translate(operation.ReturnedValue).Text};");
    }

    private void Block(IBlockOperation block)
    {
        writer.Open();
        foreach (IOperation operation in block.Operations)
        {
            Statement(operation);
        }

        writer.Close();
    }

    // A statement under an if or a loop, always in braces.
    private void Embedded(IOperation operation, bool unrolled = false)
    {
        writer.Open();
        IEnumerable<IOperation> statements = operation is IBlockOperation block ? block.Operations : [operation];
        foreach (IOperation statement in unrolled ? statements.Skip(1) : statements)
        {
            Statement(statement);
        }

        writer.Close();
    }

    private void If(IConditionalOperation operation, string keyword)
    {
        writer.Line($"{keyword} ({expressions.Translate(operation.Condition).Text})");
        Embedded(operation.WhenTrue);
        if (operation.WhenFalse is IConditionalOperation { Type: null } next)
        {
            If(next, "else if");
        }
        else if (operation.WhenFalse is not null)
        {
            writer.Line("else");
            Embedded(operation.WhenFalse);
        }
    }

    private void For(IForLoopOperation operation)
    {
        string before = string.Join(", ", operation.Before.Select(ForPart));
        string condition = operation.Condition is null ? "" : " " + expressions.Translate(operation.Condition).Text;
        string next = string.Join(", ", operation.AtLoopBottom.Select(ForPart));
        bool unrolled = Unroll(operation);
        if (unrolled && !HasConstantBounds(operation))
        {
            module.Diagnostics.Report(
                Rules.Constant,
                operation.Condition?.Syntax ?? operation.Syntax,
                "The bound of an unrolled loop",
                operation.Condition?.Syntax.ToString() ?? "");
        }

        writer.Line($"for ({before};{condition};{(next.Length == 0 ? "" : " " + next)})");
        Embedded(operation.Body, unrolled);
    }

    private string ForPart(IOperation operation)
    {
        switch (operation)
        {
            case IVariableDeclarationGroupOperation { Declarations.Length: 1 } group:
                IVariableDeclarationOperation declaration = group.Declarations[0];
                string? type = null;
                var parts = new List<string>();
                foreach (IVariableDeclaratorOperation declarator in declaration.Declarators)
                {
                    type ??= types.Of(declarator.Symbol.Type, group.Syntax);
                    IOperation? value = declarator.GetVariableInitializer()?.Value;
                    string name = names.Of(declarator.Symbol);
                    parts.Add(value is null ? name : $"{name} = {expressions.Translate(value).Text}");
                }

                return $"{type} {string.Join(", ", parts)}";
            case IExpressionStatementOperation statement:
                return assignments.Translate(statement.Operation)?.TrimEnd(';') ?? "";
            default:
                NotOfLanguage(operation);
                return "";
        }
    }

    private void While(IWhileLoopOperation operation)
    {
        bool unrolled = Unroll(operation);
        if (unrolled)
        {
            module.Diagnostics.Report(
                Rules.Constant,
                operation.Condition?.Syntax ?? operation.Syntax,
                "The bound of an unrolled loop",
                operation.Condition?.Syntax.ToString() ?? "");
        }

        if (operation.ConditionIsTop)
        {
            writer.Line($"while ({expressions.Translate(operation.Condition!).Text})");
            Embedded(operation.Body, unrolled);
            return;
        }

        writer.Line("do");
        writer.Open();
        foreach (IOperation statement in operation.Body is IBlockOperation block ? block.Operations : [operation.Body])
        {
            Statement(statement);
        }

        writer.Close($"}} while ({expressions.Translate(operation.Condition!).Text});");
    }

    private bool Unroll(ILoopOperation loop)
    {
        IOperation? first = loop.Body is IBlockOperation block ? block.Operations.FirstOrDefault() : loop.Body;
        if (first is IExpressionStatementOperation { Operation: IInvocationOperation call }
            && DeviceApi.IsUnroll(call.TargetMethod.OriginalDefinition))
        {
            writer.Line("UNROLL");
            return true;
        }

        return false;
    }

    private static bool HasConstantBounds(IForLoopOperation loop) =>
        loop.Before.All(b => b is IVariableDeclarationGroupOperation group
            && group.Declarations.All(d => d.Declarators.All(
                v => v.GetVariableInitializer() is { Value.ConstantValue.HasValue: true })))
        && loop.Condition is IBinaryOperation { RightOperand.ConstantValue.HasValue: true }
        && loop.AtLoopBottom.All(b => b is IExpressionStatementOperation
        {
            Operation: IIncrementOrDecrementOperation or ICompoundAssignmentOperation { Value.ConstantValue.HasValue: true },
        });

    private void Declarations(IVariableDeclarationGroupOperation group, bool outermost)
    {
        foreach (IVariableDeclaratorOperation declarator in group.Declarations.SelectMany(d => d.Declarators))
        {
            Declaration(declarator, outermost);
        }
    }

    private void Declaration(IVariableDeclaratorOperation declarator, bool outermost)
    {
        ILocalSymbol local = declarator.Symbol;
        if (local.RefKind != RefKind.None || local.IsUsing)
        {
            module.Diagnostics.Report(
                Rules.Construct, declarator.Syntax, $"'{declarator.Syntax}' with ref or using", "declare a plain local");
            return;
        }

        IOperation? value = AssignmentTranslator.Initializer(declarator.GetVariableInitializer()?.Value);
        if (local.IsConst)
        {
            // Its value stands wherever it is used.
            if (types.TryOf(local.Type) is null)
            {
                types.ReportType(local.Type, declarator.Syntax);
            }
            else if (value is not null)
            {
                expressions.Translate(value);
            }

            return;
        }

        if (value is IObjectCreationOperation creation && DeviceApi.IsLocalArray(creation.Type))
        {
            LocalArray(local, creation);
            return;
        }

        if (value is IInvocationOperation call && DeviceApi.IsSharedAllocate(call.TargetMethod.OriginalDefinition))
        {
            SharedAllocate(local, call, outermost);
            return;
        }

        if (value is IInvocationOperation dynamic && DeviceApi.IsSharedDynamic(dynamic.TargetMethod.OriginalDefinition))
        {
            SharedDynamic(local, dynamic, outermost);
            return;
        }

        if (value is not null && types.TryOf(local.Type) is null
            && value.Syntax is { } syntax && IsAllocation(value))
        {
            module.Diagnostics.Report(Rules.Allocation, syntax, $"'{syntax}'");
            return;
        }

        if (value is IConversionOperation boxing && boxing.GetConversion().IsBoxing)
        {
            expressions.Translate(value);
            return;
        }

        if (types.TryOf(local.Type) is not { } type)
        {
            types.ReportType(local.Type, declarator.Syntax);
            return;
        }

        string name = names.Of(local);
        writer.Line(value is null ? $"{type} {name};" : $"{type} {name} = {expressions.Translate(value).Text};");
    }

    // Says what is wrong at its root: not that the local has a wrong type too.
    private static bool IsAllocation(IOperation value) => value switch
    {
        IConversionOperation conversion => IsAllocation(conversion.Operand),
        IArrayCreationOperation or IDelegateCreationOperation or IAnonymousFunctionOperation
            or IAnonymousObjectCreationOperation or ICollectionExpressionOperation => true,
        IObjectCreationOperation creation => creation.Type is { IsReferenceType: true },
        _ => false,
    };

    private void LocalArray(ILocalSymbol local, IObjectCreationOperation creation)
    {
        ITypeSymbol element = ((INamedTypeSymbol)creation.Type!).TypeArguments[0];
        types.Of(creation.Type, creation.Syntax);
        if (creation.Arguments.Length == 0)
        {
            module.Diagnostics.Report(Rules.Constant, creation.Syntax, "The length of a LocalArray<T>", "nothing");
        }
        else if (Length(creation.Arguments[0].Value, "The length of a LocalArray<T>") is { } length)
        {
            writer.Line($"{types.Of(element, creation.Syntax)} {names.Of(local)}[{Text(length)}];");
        }
    }

    private void SharedAllocate(ILocalSymbol local, IInvocationOperation call, bool outermost)
    {
        ITypeSymbol element = call.TargetMethod.TypeArguments[0];
        IOperation argument = call.Arguments[0].Value;
        types.Of(call.Type!, call.Syntax);
        if (!CheckPlace(call, outermost))
        {
            return;
        }

        if (argument.ConstantValue is not { HasValue: true, Value: int and > 0 and var length })
        {
            module.Diagnostics.Report(
                Rules.SharedAllocation, argument.Syntax, argument.Syntax.ToString(), "is no constant from 1");
            return;
        }

        long start = (function.StaticSharedBytes + SharedAlignment - 1) / SharedAlignment * SharedAlignment;
        function.StaticSharedBytes = start + ((long)length * types.SizeOf(element));
        DeclareShared(local, call, $"SHARED({types.Of(element, call.Syntax)}, {names.Of(local)}, {Text(length)});");
    }

    private void SharedDynamic(ILocalSymbol local, IInvocationOperation call, bool outermost)
    {
        ITypeSymbol element = call.TargetMethod.TypeArguments[0];
        types.Of(call.Type!, call.Syntax);
        if (!CheckPlace(call, outermost))
        {
            return;
        }

        if (_dynamicSeen)
        {
            module.Diagnostics.Report(Rules.SharedAllocation, call.Syntax, call.Syntax.ToString(), "stands twice in the kernel");
        }

        _dynamicSeen = true;
        DeclareShared(local, call, $"DYN_SHARED({types.Of(element, call.Syntax)}, {names.Of(local)});");
    }

    // OpenCL has shared memory in entry points only: that of a kernel with variants comes from there.
    private void DeclareShared(ILocalSymbol local, IInvocationOperation call, string text)
    {
        if (function.Kernel is { HasVariants: true })
        {
            string name = names.Of(local);
            function.SharedDeclarations.Add(
                new SharedDeclaration(text, $"{types.Of(call.Type!, call.Syntax)} {name}", name));
        }
        else
        {
            writer.Line(text);
        }
    }

    private bool CheckPlace(IInvocationOperation call, bool outermost)
    {
        if (function.Kernel is not null && outermost)
        {
            return true;
        }

        module.Diagnostics.Report(
            Rules.SharedAllocation,
            call.Syntax,
            call.Syntax.ToString(),
            function.Kernel is null ? "stands in a device function" : "stands in a nested block");
        return false;
    }

    private int? Length(IOperation length, string what)
    {
        if (length.ConstantValue is { HasValue: true, Value: int and > 0 and var value })
        {
            return value;
        }

        module.Diagnostics.Report(Rules.Constant, length.Syntax, what, length.Syntax.ToString());
        return null;
    }

    private void NotOfLanguage(IOperation operation, SyntaxNode? place = null)
    {
        SyntaxNode syntax = place ?? operation.Syntax;
        string keyword = syntax.GetFirstToken().Text;
        switch (operation)
        {
            case IInvalidOperation:
                module.Invalid = true;
                break;
            case IThrowOperation or ITryOperation:
                module.Diagnostics.Report(Rules.Exception, syntax.GetFirstToken().GetLocation(), $"'{keyword}'");
                break;
            case IExpressionStatementOperation or ILocalFunctionOperation:
                module.Diagnostics.Report(
                    Rules.Construct, syntax.GetFirstToken().GetLocation(), "A local function", "write a static method");
                break;
            default:
                module.Diagnostics.Report(
                    Rules.Construct,
                    syntax.GetFirstToken().GetLocation(),
                    $"The statement that begins with '{keyword}'",
                    "write if, for, while or do");
                break;
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
