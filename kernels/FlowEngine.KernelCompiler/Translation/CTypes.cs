using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>The C form of types, and the structs that a module needs declared.</summary>
internal sealed class CTypes(ModuleContext module)
{
    private readonly Dictionary<INamedTypeSymbol, string> _structs = new(SymbolEqualityComparer.Default);
    private readonly HashSet<string> _structNames = new(StringComparer.Ordinal);

    /// <summary>The declarations of the structs in the order of their first use.</summary>
    public List<string> Declarations { get; } = [];

    /// <summary>The type's C form; reports it and returns a stand-in if it has none.</summary>
    public string Of(ITypeSymbol type, SyntaxNode place)
    {
        if (TryOf(type) is { } name)
        {
            return name;
        }

        ReportType(type, place);
        return "int";
    }

    public void ReportType(ITypeSymbol type, SyntaxNode place)
    {
        if (type.TypeKind == TypeKind.Error)
        {
            module.Invalid = true;
            return;
        }

        string name = type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
        if (type.SpecialType is SpecialType.System_String or SpecialType.System_Char)
        {
            module.Diagnostics.Report(Rules.Text, place, name);
        }
        else
        {
            module.Diagnostics.Report(Rules.Type, place, name);
        }
    }

    /// <summary>The type's C form, or null if it has none.</summary>
    public string? TryOf(ITypeSymbol type)
    {
        if (type.SpecialType == SpecialType.System_Void)
        {
            return "void";
        }

        if (Scalar(type) is { } scalar)
        {
            return scalar;
        }

        if (DeviceApi.DeviceTypeName(type) is { } vector)
        {
            return vector;
        }

        if (type is not INamedTypeSymbol named)
        {
            return null;
        }

        if (DeviceApi.IsPointer(type))
        {
            ITypeSymbol element = named.TypeArguments[0];
            bool good = DeviceApi.IsLocalArray(type) ? CanBeLocalElement(element) : CanBeElement(element);
            string? elementName = good ? TryOf(element) : null;
            string macro = DeviceApi.IsGlobalView(type) ? "GPTR"
                : DeviceApi.IsReadOnlyGlobalView(type) ? "GCPTR"
                : DeviceApi.IsSharedView(type) ? "LPTR"
                : "PPTR";
            return elementName is null ? null : $"{macro}({elementName})";
        }

        return IsStructOfScalars(named, true) ? Struct(named) : null;
    }

    /// <summary>The size of an element or a value in bytes, the same in C# and C.</summary>
    public int SizeOf(ITypeSymbol type)
    {
        if (type is INamedTypeSymbol named && Scalar(type) is null && DeviceApi.DeviceTypeName(type) is null)
        {
            int size = 0;
            int alignment = 1;
            foreach (IFieldSymbol field in Fields(named))
            {
                int next = SizeOf(field.Type);
                size = ((size + next - 1) / next * next) + next;
                alignment = Math.Max(alignment, next);
            }

            return (size + alignment - 1) / alignment * alignment;
        }

        return TryOf(type) switch
        {
            "bool" or "i8" or "u8" => 1,
            "i16" or "u16" => 2,
            "i64" or "u64" or "double" or "f2" => 8,
            "f4" or "i4" => 16,
            _ => 4,
        };
    }

    /// <summary>The C name of a struct's field or positional property, or null if it holds no data.</summary>
    public static string? FieldName(ISymbol member) => member switch
    {
        IFieldSymbol { IsStatic: false, AssociatedSymbol: null } => FieldName(member.Name),
        IFieldSymbol { IsStatic: false, AssociatedSymbol: IPropertySymbol property } => FieldName(property.Name),
        IPropertySymbol { IsStatic: false } property when property.ContainingType.GetMembers()
            .OfType<IFieldSymbol>()
            .Any(f => SymbolEqualityComparer.Default.Equals(f.AssociatedSymbol, property)) => FieldName(property.Name),
        _ => null,
    };

    public static IEnumerable<IFieldSymbol> Fields(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IFieldSymbol>().Where(f => !f.IsStatic && !f.IsConst);

    public static bool CanBeKernelScalar(ITypeSymbol type) => type.SpecialType is SpecialType.System_Int32
        or SpecialType.System_UInt32 or SpecialType.System_Int64 or SpecialType.System_UInt64
        or SpecialType.System_Single or SpecialType.System_Double;

    public bool CanBeKernelParameter(IParameterSymbol parameter)
    {
        ITypeSymbol type = parameter.Type;
        return parameter.RefKind == RefKind.None
            && (CanBeKernelScalar(type)
                || ((DeviceApi.IsGlobalView(type) || DeviceApi.IsReadOnlyGlobalView(type)) && TryOf(type) is not null)
                || (type is INamedTypeSymbol { IsReadOnly: true } named
                    && DeviceApi.DeviceTypeName(type) is null
                    && !DeviceApi.IsPointer(type)
                    && IsStructOfScalars(named, false)));
    }

    public static bool IsUserStruct(ITypeSymbol? type) => type is INamedTypeSymbol { TypeKind: TypeKind.Struct } named
        && DeviceApi.DeviceTypeName(type) is null
        && !DeviceApi.IsPointer(type)
        && IsStructOfScalars(named, true);

    private static string? Scalar(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_Boolean => "bool",
        SpecialType.System_SByte => "i8",
        SpecialType.System_Byte => "u8",
        SpecialType.System_Int16 => "i16",
        SpecialType.System_UInt16 => "u16",
        SpecialType.System_Int32 => "int",
        SpecialType.System_UInt32 => "u32",
        SpecialType.System_Int64 => "i64",
        SpecialType.System_UInt64 => "u64",
        SpecialType.System_Single => "float",
        SpecialType.System_Double => "double",
        _ => null,
    };

    // A bool has no size in OpenCL, and a vector is aligned there as C# does not align it: neither can lie in memory.
    private static bool IsNumber(ITypeSymbol type) => Scalar(type) is not null and not "bool";

    private static bool CanBeElement(ITypeSymbol type) =>
        IsNumber(type)
        || DeviceApi.DeviceTypeName(type) == "u16"
        || (type is INamedTypeSymbol { IsReadOnly: true } named && IsStructOfScalars(named, false));

    private static bool CanBeLocalElement(ITypeSymbol type) =>
        IsNumber(type) || DeviceApi.DeviceTypeName(type) is not null;

    private static bool IsStructOfScalars(INamedTypeSymbol type, bool local) =>
        type.TypeKind == TypeKind.Struct
        && type.SpecialType == SpecialType.None
        && type.EnumUnderlyingType is null
        && !type.IsGenericType
        && !type.IsRefLikeType
        && !type.GetAttributes().Any(a => a.AttributeClass?.Name == "StructLayoutAttribute")
        && Fields(type).Any()
        && Fields(type).All(f => !f.IsFixedSizeBuffer && (IsNumber(f.Type) || (local && Scalar(f.Type) is not null)));

    private static string FieldName(string name) => CNames.Safe(char.ToLowerInvariant(name[0]) + name.Substring(1));

    private string Struct(INamedTypeSymbol type)
    {
        if (_structs.TryGetValue(type, out string? known))
        {
            return known;
        }

        string name = CNames.Ascii($"{module.Class.Name}_{type.Name}");
        for (int i = 2; !_structNames.Add(name); i++)
        {
            name = FormattableString.Invariant($"{module.Class.Name}_{type.Name}_{i}");
        }

        _structs[type] = name;
        string fields = string.Join(" ", Fields(type).Select(f => $"{Scalar(f.Type)} {FieldName(f)};"));
        Declarations.Add($"typedef struct {{ {fields} }} {name};");
        return name;
    }
}
