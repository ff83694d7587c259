using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>The kernels of a module and all that they call, callees first.</summary>
internal sealed class FunctionGraph
{
    private readonly ModuleContext _module;
    private readonly Dictionary<IMethodSymbol, DeviceFunction> _functions = new(SymbolEqualityComparer.Default);
    private readonly HashSet<IMethodSymbol> _open = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);

    private FunctionGraph(ModuleContext module) => _module = module;

    /// <summary>All functions, callees before their callers; kernels in the order of the source.</summary>
    public List<DeviceFunction> Functions { get; } = [];

    public static FunctionGraph Build(ModuleContext module, IReadOnlyList<KernelDeclaration> kernels)
    {
        var graph = new FunctionGraph(module);
        foreach (KernelDeclaration kernel in kernels)
        {
            // No device function may take a kernel's name.
            foreach (string name in kernel.Entries.Select(e => e.Name).Append(kernel.Method.Name))
            {
                graph._names[$"{kernel.Method.ContainingType.Name}_{name}"] = 1;
            }
        }

        foreach (KernelDeclaration kernel in kernels)
        {
            MarkPortable(graph.Visit(kernel.Method, kernel), kernel.Portable);
        }

        return graph;
    }

    public DeviceFunction? Find(IMethodSymbol method) =>
        _functions.TryGetValue(method.OriginalDefinition, out DeviceFunction? function) ? function : null;

    /// <summary>Whether a method is a device function: static, with its source here, and not of the API.</summary>
    public static bool IsDeviceFunction(IMethodSymbol method) =>
        method.IsStatic
        && method.MethodKind == MethodKind.Ordinary
        && !method.IsExtern
        && !method.IsAbstract
        && !method.IsVirtual
        && !method.IsGenericMethod
        && !method.ContainingType.IsGenericType
        && method.DeclaringSyntaxReferences.Length == 1
        && DeviceApi.Attribute(method, "IntrinsicAttribute") is null
        && DeviceApi.Kernel(method) is null
        && !DeviceApi.IsSharedAllocate(method)
        && !DeviceApi.IsSharedDynamic(method)
        && !DeviceApi.IsUnroll(method);

    /// <summary>Whether a call waits for other threads.</summary>
    public bool Waits(IMethodSymbol method) =>
        Intrinsic.Of(method) is { Waits: true } || (IsDeviceFunction(method) && Find(method) is { Waits: true });

    private static void MarkPortable(DeviceFunction function, bool portable)
    {
        if (portable && !function.Portable)
        {
            function.Portable = true;
            foreach (DeviceFunction callee in function.Callees)
            {
                MarkPortable(callee, true);
            }
        }
    }

    private DeviceFunction Visit(IMethodSymbol method, KernelDeclaration? kernel)
    {
        _module.Cancellation.ThrowIfCancellationRequested();
        _open.Add(method);
        var syntax = (MethodDeclarationSyntax)method.DeclaringSyntaxReferences[0].GetSyntax(_module.Cancellation);
        var operation = _module.Model(syntax.SyntaxTree).GetOperation(syntax, _module.Cancellation) as IMethodBodyOperation;
        IBlockOperation? body = operation?.BlockBody ?? operation?.ExpressionBody;
        if (body is null)
        {
            _module.Invalid = true;
        }

        string name = $"{method.ContainingType.Name}_{method.Name}";
        string unique = CNames.Ascii(kernel is null ? Unique(name) : name);
        var function = new DeviceFunction(method, syntax, body, unique) { Kernel = kernel };
        foreach (IInvocationOperation call in body?.Descendants().OfType<IInvocationOperation>() ?? [])
        {
            VisitCall(function, call);
        }

        _open.Remove(method);
        _functions[method] = function;
        Functions.Add(function);
        return function;
    }

    private void VisitCall(DeviceFunction caller, IInvocationOperation call)
    {
        IMethodSymbol target = call.TargetMethod.OriginalDefinition;
        if (Intrinsic.Of(target) is { } intrinsic)
        {
            caller.Waits |= intrinsic.Waits;
            caller.NeedsWarpScratch |= intrinsic.NeedsWarpScratch;
            return;
        }

        if (DeviceApi.IsSharedDynamic(target))
        {
            caller.UsesDynamicShared = true;
            return;
        }

        if (!IsDeviceFunction(target))
        {
            return;
        }

        if (_open.Contains(target))
        {
            _module.Diagnostics.Report(Rules.Recursion, call.Syntax, target.Name);
            return;
        }

        DeviceFunction callee = Find(target) ?? Visit(target, null);
        caller.Waits |= callee.Waits;
        caller.NeedsWarpScratch |= callee.NeedsWarpScratch;
        if (!caller.Callees.Contains(callee))
        {
            caller.Callees.Add(callee);
        }
    }

    private string Unique(string name)
    {
        _names.TryGetValue(name, out int count);
        _names[name] = ++count;
        return count == 1 ? name : $"{name}_{count}";
    }
}
