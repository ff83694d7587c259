using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// Translates expressions. What has no C form is reported, and a stand-in written so that the rest is checked too.
/// </summary>
internal sealed class ExpressionTranslator(ModuleContext module, CTypes types, FunctionGraph graph, CNames names)
{
    private static readonly CExpression _nothing = new("0");

    public CExpression Translate(IOperation operation)
    {
        module.Cancellation.ThrowIfCancellationRequested();
        if (operation is IConversionOperation && IsFloatToDouble(operation))
        {
            module.Diagnostics.Report(Rules.Double, operation.Syntax);
        }

        if (operation.ConstantValue.HasValue && operation.Type is { } type && CTypes.IsUserStruct(type) is false)
        {
            return Constant(operation, type);
        }

        return operation switch
        {
            IParenthesizedOperation o => Translate(o.Operand),
            ILocalReferenceOperation o => new(names.Of(o.Local)),
            IParameterReferenceOperation o => new(names.Of(o.Parameter)),
            IFieldReferenceOperation o => Field(o),
            IPropertyReferenceOperation o => Property(o),
            IConversionOperation o => Conversion(o),
            IUnaryOperation o => Unary(o),
            IBinaryOperation o => Binary(o),
            IConditionalOperation o => Conditional(o),
            IInvocationOperation o => Invocation(o),
            IObjectCreationOperation o => Creation(o),
            IAssignmentOperation or IIncrementOrDecrementOperation => AssignmentValue(operation),
            _ => NotOfLanguage(operation),
        };
    }

    /// <summary>An index or an offset: C adds any integer to a pointer as it is.</summary>
    public CExpression Index(IOperation operation) => Translate(
        operation is IConversionOperation
        {
            IsImplicit: true,
            Operand: { Type.SpecialType: SpecialType.System_Int32 or SpecialType.System_UInt32 } operand,
        }
            ? operand
            : operation);

    /// <summary>What a local is initialized with: <c>new(...)</c> stands under a conversion to its type.</summary>
    public static IOperation? Initializer(IOperation? value) =>
        value is IConversionOperation { IsImplicit: true } conversion && conversion.GetConversion().IsObjectCreation
            ? conversion.Operand
            : value;

    /// <summary>A statement that is an expression.</summary>
    public string? Statement(IOperation operation)
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
                return Translate(o).Text + ";";
            default:
                // What C# takes as a statement but C would compute for nothing.
                Translate(operation);
                return null;
        }
    }

    public string Type(ITypeSymbol type, SyntaxNode place) => types.Of(type, place);

    private static bool IsFloatToDouble(IOperation operation) =>
        operation is IConversionOperation { IsImplicit: true } conversion
        && conversion.Operand.Type?.SpecialType == SpecialType.System_Single
        && conversion.Type?.SpecialType == SpecialType.System_Double;

    private CExpression Constant(IOperation operation, ITypeSymbol type)
    {
        bool text = operation.Syntax.DescendantNodesAndSelf().Any(n => n.IsKind(SyntaxKind.CharacterLiteralExpression));
        if (text || operation.ConstantValue.Value is string or char || type.SpecialType is SpecialType.System_String)
        {
            module.Diagnostics.Report(Rules.Text, operation.Syntax, operation.Syntax.ToString());
            return _nothing;
        }

        if (types.TryOf(type) is null || CLiteral.Of(operation.ConstantValue.Value) is not { } literal)
        {
            types.ReportType(type, operation.Syntax);
            return _nothing;
        }

        return literal;
    }

    private CExpression Field(IFieldReferenceOperation operation)
    {
        if (operation.Field.IsStatic)
        {
            module.Diagnostics.Report(Rules.StaticField, operation.Syntax, operation.Field.Name);
            return _nothing;
        }

        if (operation.Instance is not null && CTypes.IsUserStruct(operation.Field.ContainingType)
            && CTypes.FieldName(operation.Field) is { } name)
        {
            types.Of(operation.Field.ContainingType, operation.Syntax);
            return new($"{Translate(operation.Instance).At(Precedence.Primary)}.{name}");
        }

        return NoForm(operation, operation.Field.Name);
    }

    private CExpression Property(IPropertyReferenceOperation operation)
    {
        IPropertySymbol property = operation.Property;
        if (Intrinsic.Of(property) is { } intrinsic)
        {
            return new(intrinsic.Name);
        }

        if (operation.Instance is null)
        {
            return NoForm(operation, $"{property.ContainingType.Name}.{property.Name}");
        }

        if (property.IsIndexer && DeviceApi.IsPointer(property.ContainingType))
        {
            IOperation index = operation.Arguments.First(a => a.Parameter!.Ordinal == 0).Value;
            return new($"{Translate(operation.Instance).At(Precedence.Primary)}[{Index(index).Text}]");
        }

        if (DeviceApi.DeviceTypeName(property.ContainingType) is not null and not "u16"
            && property.Name is "X" or "Y" or "Z" or "W")
        {
            return new($"{Translate(operation.Instance).At(Precedence.Primary)}.{property.Name.ToLowerInvariant()}");
        }

        if (CTypes.IsUserStruct(property.ContainingType) && CTypes.FieldName(property) is { } field)
        {
            types.Of(property.ContainingType, operation.Syntax);
            return new($"{Translate(operation.Instance).At(Precedence.Primary)}.{field}");
        }

        return NoForm(operation, $"{property.ContainingType.Name}.{property.Name}");
    }

    private CExpression Conversion(IConversionOperation operation)
    {
        CExpression operand;
        if (operation.OperatorMethod is not null)
        {
            if (DeviceApi.IsGlobalView(operation.Operand.Type) && DeviceApi.IsReadOnlyGlobalView(operation.Type))
            {
                return Translate(operation.Operand);
            }

            return NoForm(operation, $"conversion to {operation.Type?.Name}");
        }

        Microsoft.CodeAnalysis.CSharp.Conversion conversion = operation.GetConversion();
        if (conversion.IsBoxing)
        {
            module.Diagnostics.Report(
                Rules.Allocation, operation.Syntax, $"'{operation.Syntax}' is boxed to {operation.Type?.ToDisplayString()}");
            return _nothing;
        }

        if (conversion.IsUnboxing || conversion.IsReference || conversion.IsNullable || operation.IsTryCast)
        {
            types.ReportType(operation.Type!, operation.Syntax);
            return _nothing;
        }

        if (operation.IsChecked)
        {
            return Unknown(operation, "checked arithmetic", "write it unchecked");
        }

        operand = Translate(operation.Operand);
        if (conversion.IsIdentity || conversion.IsObjectCreation || conversion.IsConditionalExpression || operation.Type is null || operation.Operand.Type is null)
        {
            return operand;
        }

        if (!conversion.IsNumeric)
        {
            if (operation.Operand.Type.TypeKind == TypeKind.Enum)
            {
                return operand;
            }

            types.ReportType(operation.Type, operation.Syntax);
            return _nothing;
        }

        string type = types.Of(operation.Type, operation.Syntax);
        return types.TryOf(operation.Operand.Type) == type ? operand : CExpression.Cast(type, operand);
    }

    private CExpression Unary(IUnaryOperation operation)
    {
        if (operation.IsChecked)
        {
            return Unknown(operation, "checked arithmetic", "write it unchecked");
        }

        if (operation.OperatorMethod is not null)
        {
            return NoForm(operation, operation.OperatorMethod.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
        }

        string? op = operation.OperatorKind switch
        {
            UnaryOperatorKind.Minus => "-",
            UnaryOperatorKind.Plus => "",
            UnaryOperatorKind.BitwiseNegation => "~",
            UnaryOperatorKind.Not => "!",
            _ => null,
        };
        if (op is null)
        {
            return NotOfLanguage(operation);
        }

        CExpression operand = Translate(operation.Operand);

        // Two minuses side by side would be a decrement.
        return op.Length == 0 ? operand
            : new(op + (operand.Text.StartsWith("-", StringComparison.Ordinal) ? $"({operand.Text})" : operand.At(Precedence.Unary)),
                Precedence.Unary);
    }

    private CExpression Binary(IBinaryOperation operation)
    {
        if (operation.OperatorMethod is { } method)
        {
            bool vector = DeviceApi.DeviceTypeName(method.ContainingType) is "f4" or "i4" or "f2";
            string? op = operation.OperatorKind switch
            {
                BinaryOperatorKind.Add => "+",
                BinaryOperatorKind.Subtract => "-",
                BinaryOperatorKind.Multiply => "*",
                BinaryOperatorKind.Divide => "/",
                _ => null,
            };
            return vector && op is not null
                ? CExpression.Binary(op, Translate(operation.LeftOperand), Translate(operation.RightOperand))
                : NoForm(operation, method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
        }

        if (operation.IsChecked)
        {
            return Unknown(operation, "checked arithmetic", "write it unchecked");
        }

        if (operation.Type?.SpecialType == SpecialType.System_String)
        {
            module.Diagnostics.Report(Rules.Text, operation.Syntax, operation.Syntax.ToString());
            return _nothing;
        }

        CExpression left = Translate(operation.LeftOperand);
        return Operator(operation, operation.OperatorKind, left, operation.LeftOperand.Type, operation.RightOperand);
    }

    // The operator on operands that already have its type.
    private CExpression Operator(
        IOperation operation, BinaryOperatorKind kind, CExpression left, ITypeSymbol? type, IOperation rightOperand)
    {
        if (kind is BinaryOperatorKind.LeftShift or BinaryOperatorKind.RightShift or BinaryOperatorKind.UnsignedRightShift)
        {
            return Shift(kind, left, type, rightOperand);
        }

        CExpression right = Translate(rightOperand);
        if (kind == BinaryOperatorKind.Remainder
            && type?.SpecialType is SpecialType.System_Single or SpecialType.System_Double)
        {
            return Unknown(operation, "the remainder of fractions", "write left - right * XMath.Floor(left / right)");
        }

        string? op = kind switch
        {
            BinaryOperatorKind.Add => "+",
            BinaryOperatorKind.Subtract => "-",
            BinaryOperatorKind.Multiply => "*",
            BinaryOperatorKind.Divide => "/",
            BinaryOperatorKind.Remainder => "%",
            BinaryOperatorKind.And => "&",
            BinaryOperatorKind.Or => "|",
            BinaryOperatorKind.ExclusiveOr => "^",
            BinaryOperatorKind.ConditionalAnd => "&&",
            BinaryOperatorKind.ConditionalOr => "||",
            BinaryOperatorKind.Equals => "==",
            BinaryOperatorKind.NotEquals => "!=",
            BinaryOperatorKind.LessThan => "<",
            BinaryOperatorKind.LessThanOrEqual => "<=",
            BinaryOperatorKind.GreaterThan => ">",
            BinaryOperatorKind.GreaterThanOrEqual => ">=",
            _ => null,
        };
        return op is null ? NotOfLanguage(operation) : CExpression.Binary(op, left, right);
    }

    // C# masks the count to the width of the left operand; in C a count beyond it is undefined.
    private CExpression Shift(BinaryOperatorKind kind, CExpression left, ITypeSymbol? type, IOperation count)
    {
        bool wide = type?.SpecialType is SpecialType.System_Int64 or SpecialType.System_UInt64;
        int mask = wide ? 63 : 31;
        CExpression amount = count.ConstantValue is { HasValue: true, Value: int n }
            ? CLiteral.Of(n & mask)!.Value
            : CExpression.Binary("&", Translate(count), CLiteral.Of(mask)!.Value);
        if (kind == BinaryOperatorKind.LeftShift)
        {
            return CExpression.Binary("<<", left, amount);
        }

        bool signed = type?.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64;
        return kind == BinaryOperatorKind.UnsignedRightShift && signed
            ? CExpression.Cast(
                wide ? "i64" : "int", CExpression.Binary(">>", CExpression.Cast(wide ? "u64" : "u32", left), amount))
            : CExpression.Binary(">>", left, amount);
    }

    private CExpression Conditional(IConditionalOperation operation)
    {
        if (operation.WhenFalse is null || operation.IsRef)
        {
            return NotOfLanguage(operation);
        }

        string condition = Translate(operation.Condition).At(Precedence.Unary);
        string whenTrue = Translate(operation.WhenTrue).At(Precedence.LogicalOr);
        string whenFalse = Translate(operation.WhenFalse).At(Precedence.LogicalOr);
        return new($"{condition} ? {whenTrue} : {whenFalse}", Precedence.Conditional);
    }

    private CExpression Invocation(IInvocationOperation operation)
    {
        IMethodSymbol method = operation.TargetMethod;
        IMethodSymbol definition = method.OriginalDefinition;
        if (DeviceApi.IsSlice(definition))
        {
            return CExpression.Binary(
                "+", Translate(operation.Instance!), Index(operation.Arguments.First(a => a.Parameter!.Ordinal == 0).Value));
        }

        if (DeviceApi.IsSharedAllocate(definition) || DeviceApi.IsSharedDynamic(definition))
        {
            module.Diagnostics.Report(Rules.SharedAllocation, operation.Syntax, operation.Syntax.ToString(), "stands elsewhere");
            return _nothing;
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
                : _nothing;
        }

        if (method.MethodKind is MethodKind.DelegateInvoke or MethodKind.FunctionPointerSignature
            || operation.IsVirtual || method.IsAbstract || method.ContainingType.TypeKind == TypeKind.Interface)
        {
            module.Diagnostics.Report(Rules.IndirectCall, operation.Syntax, operation.Syntax.ToString());
            return _nothing;
        }

        return NoForm(operation, method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
    }

    private CExpression Call(string name, IInvocationOperation operation, bool scratch, bool withDefaults)
    {
        var arguments = new List<string>();
        if (operation.Instance is not null)
        {
            arguments.Add(Translate(operation.Instance).Text);
        }

        foreach (IArgumentOperation argument in operation.Arguments.OrderBy(a => a.Parameter?.Ordinal ?? 0))
        {
            if (argument.ArgumentKind == ArgumentKind.Explicit
                || (withDefaults && argument.ArgumentKind == ArgumentKind.DefaultValue))
            {
                arguments.Add(Translate(argument.Value).Text);
            }
        }

        string text = string.Join(", ", arguments);
        return new($"{name}({text}{(!scratch ? "" : text.Length == 0 ? "WARP_PASS0" : " WARP_PASS")})");
    }

    private CExpression Creation(IObjectCreationOperation operation)
    {
        ITypeSymbol type = operation.Type!;
        if (type.IsReferenceType)
        {
            module.Diagnostics.Report(Rules.Allocation, operation.Syntax, $"'{operation.Syntax}'");
            return _nothing;
        }

        if (DeviceApi.IsLocalArray(type))
        {
            return Unknown(operation, "a LocalArray<T> that is not a local's initializer", "declare a local for it");
        }

        if (operation.Initializer is null && Intrinsic.Of(operation.Constructor) is { } intrinsic)
        {
            IEnumerable<string> arguments = operation.Arguments
                .OrderBy(a => a.Parameter!.Ordinal)
                .Select(a => Translate(a.Value).Text);
            return new($"{intrinsic.Name}({string.Join(", ", arguments)})");
        }

        if (CTypes.IsUserStruct(type) && StructFields((INamedTypeSymbol)type, operation) is { } fields)
        {
            return new($"(({types.Of(type, operation.Syntax)}){{ {string.Join(", ", fields)} }})");
        }

        return NoForm(operation, $"new {type.Name}");
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
            ? Translate(v).Text
            : "0")];
    }

    private static bool IsPositional(IMethodSymbol constructor) =>
        constructor.DeclaringSyntaxReferences.Length == 1
        && constructor.DeclaringSyntaxReferences[0].GetSyntax()
            is Microsoft.CodeAnalysis.CSharp.Syntax.RecordDeclarationSyntax;

    private string? Assignment(ISimpleAssignmentOperation operation)
    {
        if (operation.Target is IDiscardOperation)
        {
            if (operation.Value is IInvocationOperation call)
            {
                return Translate(call).Text + ";";
            }

            Unknown(operation, "a discard of what is no call", "leave it out");
            return null;
        }

        if (DeviceApi.IsPointer(operation.Target.Type)
            && operation.Target is ILocalReferenceOperation { Local: var local }
            && IsStorage(local))
        {
            Unknown(operation, $"assigning to '{local.Name}', which is an array itself,", "declare another local");
            return null;
        }

        string target = Translate(operation.Target).Text;
        return $"{target} = {Translate(operation.Value).Text};";
    }

    // A local that is an array in C, not a pointer to one.
    private bool IsStorage(ILocalSymbol local) =>
        local.DeclaringSyntaxReferences[0].GetSyntax(module.Cancellation)
            is Microsoft.CodeAnalysis.CSharp.Syntax.VariableDeclaratorSyntax { Initializer.Value: { } value }
        && Initializer(module.Model(value.SyntaxTree).GetOperation(value, module.Cancellation)) is { } initializer
        && (initializer is IObjectCreationOperation
            || (initializer is IInvocationOperation { TargetMethod.OriginalDefinition: var method }
                && (DeviceApi.IsSharedAllocate(method) || DeviceApi.IsSharedDynamic(method))));

    private string? CompoundAssignment(ICompoundAssignmentOperation operation)
    {
        if (operation.IsChecked)
        {
            Unknown(operation, "checked arithmetic", "write it unchecked");
            return null;
        }

        CExpression target = Translate(operation.Target);
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
                NoForm(operation, method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
                return null;
            }

            return $"{target.Text} {vectorOp} {Translate(operation.Value).Text};";
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

        CExpression value = Operator(operation, operation.OperatorKind, left, type, operation.Value);
        if (direct)
        {
            // The right operand alone, as the operator wrote it.
            CExpression right = shift ? ShiftCount(operation, type) : Translate(operation.Value);
            string? op = CompoundOperator(operation.OperatorKind);
            return op is null ? null : $"{target.Text} {op} {right.Text};";
        }

        if (operation.Target.Descendants().Any(o => o is IInvocationOperation))
        {
            Unknown(operation, "a compound assignment that converts and whose target holds a call", "assign the call to a local");
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
            : CExpression.Binary("&", Translate(operation.Value), CLiteral.Of(mask)!.Value);
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
            Unknown(operation, "this increment", "write x += 1");
            return null;
        }

        string op = operation.Kind == OperationKind.Increment ? "++" : "--";
        return $"{Translate(operation.Target).At(Precedence.Primary)}{op};";
    }

    private CExpression AssignmentValue(IOperation operation)
    {
        module.Diagnostics.Report(Rules.AssignmentValue, operation.Syntax, operation.Syntax.ToString());
        return _nothing;
    }

    private CExpression NoForm(IOperation operation, string what)
    {
        module.Diagnostics.Report(Rules.Call, operation.Syntax, what);
        return _nothing;
    }

    private CExpression Unknown(IOperation operation, string what, string instead)
    {
        module.Diagnostics.Report(
            Rules.Construct, operation.Syntax, char.ToUpperInvariant(what[0]) + what.Substring(1), instead);
        return _nothing;
    }

    private CExpression NotOfLanguage(IOperation operation)
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

        return _nothing;
    }
}
