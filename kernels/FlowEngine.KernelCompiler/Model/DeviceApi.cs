using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// The few members of the device API that the language treats by name. All others say their C form themselves.
/// </summary>
internal static class DeviceApi
{
    public const string Namespace = "FlowEngine.Kernels.Device";
    public const string KernelAttribute = Namespace + ".KernelAttribute";

    public static bool IsGlobalView(ITypeSymbol? type) => Is(type, "GlobalView");

    public static bool IsReadOnlyGlobalView(ITypeSymbol? type) => Is(type, "ReadOnlyGlobalView");

    public static bool IsSharedView(ITypeSymbol? type) => Is(type, "SharedView");

    public static bool IsLocalArray(ITypeSymbol? type) => Is(type, "LocalArray");

    /// <summary>Whether a type is a pointer in C.</summary>
    public static bool IsPointer(ITypeSymbol? type) =>
        IsGlobalView(type) || IsReadOnlyGlobalView(type) || IsSharedView(type) || IsLocalArray(type);

    public static bool IsSlice(IMethodSymbol method) => method.Name == "Slice" && IsPointer(method.ContainingType);

    public static bool IsSharedAllocate(IMethodSymbol method) =>
        method.Name == "Allocate" && Is(method.ContainingType, "SharedMemory");

    public static bool IsSharedDynamic(IMethodSymbol method) =>
        method.Name == "GetDynamic" && Is(method.ContainingType, "SharedMemory");

    public static bool IsUnroll(IMethodSymbol method) => method.Name == "Unroll" && Is(method.ContainingType, "Loop");

    public static bool IsAsyncWait(IMethodSymbol method) => method.Name == "Wait" && Is(method.ContainingType, "Async");

    public static bool IsCallerInfo(IParameterSymbol parameter) => parameter.GetAttributes().Any(a =>
        a.AttributeClass?.Name is "CallerLineNumberAttribute" or "CallerFilePathAttribute");

    /// <summary>The C name of a vector type or of BFloat16.</summary>
    public static string? DeviceTypeName(ITypeSymbol? type) =>
        Attribute(type, "DeviceTypeAttribute")?.ConstructorArguments[0].Value as string;

    public static bool MayAlias(IParameterSymbol parameter) => Attribute(parameter, "MayAliasAttribute") is not null;

    public static AttributeData? Kernel(IMethodSymbol method) => Attribute(method, "KernelAttribute");

    /// <summary>The [KernelVariant] attributes of a method, in the order of the source.</summary>
    public static IEnumerable<AttributeData> Variants(IMethodSymbol method) => Attributes(method, "KernelVariantAttribute");

    public static AttributeData? Attribute(ISymbol? symbol, string name) =>
        symbol is null ? null : Attributes(symbol, name).FirstOrDefault();

    private static IEnumerable<AttributeData> Attributes(ISymbol symbol, string name) => symbol.GetAttributes().Where(a =>
        a.AttributeClass?.Name == name && InNamespace(a.AttributeClass));

    private static bool Is(ITypeSymbol? type, string name) =>
        type is not null && type.Name == name && InNamespace(type);

    private static bool InNamespace(ITypeSymbol type) =>
        type.ContainingType is null && type.ContainingNamespace?.ToDisplayString() == Namespace;
}
