using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>Translates calls of functions and constructors.</summary>
internal sealed class CallTranslator(
    ModuleContext module, CTypes types, FunctionGraph graph, ExpressionTranslator expressions, Refusals refusals)
{
    public CExpression Invocation(IInvocationOperation operation)
    {
        IMethodSymbol method = operation.TargetMethod;
        IMethodSymbol definition = method.OriginalDefinition;
        if (DeviceApi.IsSlice(definition))
        {
            return CExpression.Binary(
                "+", expressions.Translate(operation.Instance!), expressions.Index(operation.Arguments.First(a => a.Parameter!.Ordinal == 0).Value));
        }

        if (DeviceApi.IsSharedAllocate(definition) || DeviceApi.IsSharedDynamic(definition))
        {
            module.Diagnostics.Report(Rules.SharedAllocation, operation.Syntax, operation.Syntax.ToString(), "stands elsewhere");
            return Refusals.Nothing;
        }

        if (Intrinsic.Of(definition) is { } intrinsic)
        {
            if (DeviceApi.IsAsyncWait(definition) && operation.Arguments[0].Value is { ConstantValue.HasValue: false } count)
            {
                module.Diagnostics.Report(
                    Rules.Constant, count.Syntax, "The argument of Async.Wait", count.Syntax.ToString());
            }

            return Call(intrinsic.Name, operation, intrinsic.NeedsWarpScratch, false);
        }

        if (FunctionGraph.IsDeviceFunction(definition))
        {
            // A call in a circle was reported where the graph was built.
            return graph.Find(definition) is { } function
                ? Call(function.Name, operation, function.NeedsWarpScratch, true)
                : Refusals.Nothing;
        }

        if (method.MethodKind is MethodKind.DelegateInvoke or MethodKind.FunctionPointerSignature
            || operation.IsVirtual || method.IsAbstract || method.ContainingType.TypeKind == TypeKind.Interface)
        {
            module.Diagnostics.Report(Rules.IndirectCall, operation.Syntax, operation.Syntax.ToString());
            return Refusals.Nothing;
        }

        return refusals.NoForm(operation, method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
    }

    private CExpression Call(string name, IInvocationOperation operation, bool scratch, bool withDefaults)
    {
        var arguments = new List<string>();
        if (operation.Instance is not null)
        {
            arguments.Add(expressions.Translate(operation.Instance).Text);
        }

        foreach (IArgumentOperation argument in operation.Arguments.OrderBy(a => a.Parameter?.Ordinal ?? 0))
        {
            if (argument.ArgumentKind == ArgumentKind.Explicit
                || (withDefaults && argument.ArgumentKind == ArgumentKind.DefaultValue))
            {
                arguments.Add(expressions.Translate(argument.Value).Text);
            }
        }

        string text = string.Join(", ", arguments);
        return new($"{name}({text}{(!scratch ? "" : text.Length == 0 ? "WARP_PASS0" : " WARP_PASS")})");
    }

    public CExpression Creation(IObjectCreationOperation operation)
    {
        ITypeSymbol type = operation.Type!;
        if (type.IsReferenceType)
        {
            module.Diagnostics.Report(Rules.Allocation, operation.Syntax, $"'{operation.Syntax}'");
            return Refusals.Nothing;
        }

        if (DeviceApi.IsLocalArray(type))
        {
            return refusals.Unknown(operation, "a LocalArray<T> that is not a local's initializer", "declare a local for it");
        }

        if (operation.Initializer is null && Intrinsic.Of(operation.Constructor) is { } intrinsic)
        {
            IEnumerable<string> arguments = operation.Arguments
                .OrderBy(a => a.Parameter!.Ordinal)
                .Select(a => expressions.Translate(a.Value).Text);
            return new($"{intrinsic.Name}({string.Join(", ", arguments)})");
        }

        if (CTypes.IsUserStruct(type) && StructFields((INamedTypeSymbol)type, operation) is { } fields)
        {
            return new($"(({types.Of(type, operation.Syntax)}){{ {string.Join(", ", fields)} }})");
        }

        return refusals.NoForm(operation, $"new {type.Name}");
    }

    // Only constructors whose effect is plain from the declaration: positional ones, and none at all with an
    // initializer.
    private List<string>? StructFields(INamedTypeSymbol type, IObjectCreationOperation operation)
    {
        var values = new Dictionary<string, IOperation>(StringComparer.Ordinal);
        foreach (IArgumentOperation argument in operation.Arguments)
        {
            if (!type.IsRecord || !IsPositional(operation.Constructor!))
            {
                return null;
            }

            values[argument.Parameter!.Name] = argument.Value;
        }

        if (operation.Arguments.Length == 0 && operation.Constructor is { IsImplicitlyDeclared: false })
        {
            return null;
        }

        foreach (IOperation initializer in operation.Initializer?.Initializers ?? [])
        {
            if (initializer is not ISimpleAssignmentOperation { Target: IMemberReferenceOperation target } assignment)
            {
                return null;
            }

            values[target.Member.Name] = assignment.Value;
        }

        return [.. CTypes.Fields(type).Select(f => values.TryGetValue(f.AssociatedSymbol?.Name ?? f.Name, out IOperation? v)
            ? expressions.Translate(v).Text
            : "0")];
    }

    private static bool IsPositional(IMethodSymbol constructor) =>
        constructor.DeclaringSyntaxReferences.Length == 1
        && constructor.DeclaringSyntaxReferences[0].GetSyntax()
            is RecordDeclarationSyntax;
}
