using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// Translates expressions. What has no C form is reported, and a stand-in written so that the rest is checked too.
/// </summary>
internal sealed class ExpressionTranslator
{
    private readonly ModuleContext _module;
    private readonly CTypes _types;
    private readonly CNames _names;
    private readonly Refusals _refusals;
    private readonly CallTranslator _calls;

    public ExpressionTranslator(
        ModuleContext module, CTypes types, FunctionGraph graph, CNames names, Refusals refusals)
    {
        (_module, _types, _names, _refusals) = (module, types, names, refusals);
        _calls = new CallTranslator(module, types, graph, this, refusals);
    }

    public CExpression Translate(IOperation operation)
    {
        _module.Cancellation.ThrowIfCancellationRequested();
        if (operation is IConversionOperation && IsFloatToDouble(operation))
        {
            _module.Diagnostics.Report(Rules.Double, operation.Syntax);
        }

        if (operation.ConstantValue.HasValue && operation.Type is { } type && CTypes.IsUserStruct(type) is false)
        {
            return Constant(operation, type);
        }

        return operation switch
        {
            IParenthesizedOperation o => Translate(o.Operand),
            ILocalReferenceOperation o => new(_names.Of(o.Local)),
            IParameterReferenceOperation o => new(_names.Of(o.Parameter)),
            IFieldReferenceOperation o => Field(o),
            IPropertyReferenceOperation o => Property(o),
            IConversionOperation o => Conversion(o),
            IUnaryOperation o => Unary(o),
            IBinaryOperation o => Binary(o),
            IConditionalOperation o => Conditional(o),
            IInvocationOperation o => _calls.Invocation(o),
            IObjectCreationOperation o => _calls.Creation(o),
            IAssignmentOperation or IIncrementOrDecrementOperation => AssignmentValue(operation),
            _ => _refusals.NotOfLanguage(operation),
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

    private static bool IsFloatToDouble(IOperation operation) =>
        operation is IConversionOperation { IsImplicit: true } conversion
        && conversion.Operand.Type?.SpecialType == SpecialType.System_Single
        && conversion.Type?.SpecialType == SpecialType.System_Double;

    private CExpression Constant(IOperation operation, ITypeSymbol type)
    {
        bool text = operation.Syntax.DescendantNodesAndSelf().Any(n => n.IsKind(SyntaxKind.CharacterLiteralExpression));
        if (text || operation.ConstantValue.Value is string or char || type.SpecialType is SpecialType.System_String)
        {
            _module.Diagnostics.Report(Rules.Text, operation.Syntax, operation.Syntax.ToString());
            return Refusals.Nothing;
        }

        if (_types.TryOf(type) is null || CLiteral.Of(operation.ConstantValue.Value) is not { } literal)
        {
            _types.ReportType(type, operation.Syntax);
            return Refusals.Nothing;
        }

        return literal;
    }

    private CExpression Field(IFieldReferenceOperation operation)
    {
        if (operation.Field.IsStatic)
        {
            _module.Diagnostics.Report(Rules.StaticField, operation.Syntax, operation.Field.Name);
            return Refusals.Nothing;
        }

        if (operation.Instance is not null && CTypes.IsUserStruct(operation.Field.ContainingType)
            && CTypes.FieldName(operation.Field) is { } name)
        {
            _types.Of(operation.Field.ContainingType, operation.Syntax);
            return new($"{Translate(operation.Instance).At(Precedence.Primary)}.{name}");
        }

        return _refusals.NoForm(operation, operation.Field.Name);
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
            return _refusals.NoForm(operation, $"{property.ContainingType.Name}.{property.Name}");
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
            _types.Of(property.ContainingType, operation.Syntax);
            return new($"{Translate(operation.Instance).At(Precedence.Primary)}.{field}");
        }

        return _refusals.NoForm(operation, $"{property.ContainingType.Name}.{property.Name}");
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

            return _refusals.NoForm(operation, $"conversion to {operation.Type?.Name}");
        }

        Microsoft.CodeAnalysis.CSharp.Conversion conversion = operation.GetConversion();
        if (conversion.IsBoxing)
        {
            _module.Diagnostics.Report(
                Rules.Allocation, operation.Syntax, $"'{operation.Syntax}' is boxed to {operation.Type?.ToDisplayString()}");
            return Refusals.Nothing;
        }

        if (conversion.IsUnboxing || conversion.IsReference || conversion.IsNullable || operation.IsTryCast)
        {
            _types.ReportType(operation.Type!, operation.Syntax);
            return Refusals.Nothing;
        }

        if (operation.IsChecked)
        {
            return _refusals.Unknown(operation, "checked arithmetic", "write it unchecked");
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

            _types.ReportType(operation.Type, operation.Syntax);
            return Refusals.Nothing;
        }

        string type = _types.Of(operation.Type, operation.Syntax);
        return _types.TryOf(operation.Operand.Type) == type ? operand : CExpression.Cast(type, operand);
    }

    private CExpression Unary(IUnaryOperation operation)
    {
        if (operation.IsChecked)
        {
            return _refusals.Unknown(operation, "checked arithmetic", "write it unchecked");
        }

        if (operation.OperatorMethod is not null)
        {
            return _refusals.NoForm(operation, operation.OperatorMethod.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
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
            return _refusals.NotOfLanguage(operation);
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
                : _refusals.NoForm(operation, method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
        }

        if (operation.IsChecked)
        {
            return _refusals.Unknown(operation, "checked arithmetic", "write it unchecked");
        }

        if (operation.Type?.SpecialType == SpecialType.System_String)
        {
            _module.Diagnostics.Report(Rules.Text, operation.Syntax, operation.Syntax.ToString());
            return Refusals.Nothing;
        }

        CExpression left = Translate(operation.LeftOperand);
        return Operator(operation, operation.OperatorKind, left, operation.LeftOperand.Type, operation.RightOperand);
    }

    /// <summary>An operator on operands that already have its type.</summary>
    public CExpression Operator(
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
            return _refusals.Unknown(operation, "the remainder of fractions", "write left - right * XMath.Floor(left / right)");
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
        return op is null ? _refusals.NotOfLanguage(operation) : CExpression.Binary(op, left, right);
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
            return _refusals.NotOfLanguage(operation);
        }

        string condition = Translate(operation.Condition).At(Precedence.Unary);
        string whenTrue = Translate(operation.WhenTrue).At(Precedence.LogicalOr);
        string whenFalse = Translate(operation.WhenFalse).At(Precedence.LogicalOr);
        return new($"{condition} ? {whenTrue} : {whenFalse}", Precedence.Conditional);
    }

    private CExpression AssignmentValue(IOperation operation)
    {
        _module.Diagnostics.Report(Rules.AssignmentValue, operation.Syntax, operation.Syntax.ToString());
        return Refusals.Nothing;
    }
}
