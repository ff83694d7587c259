using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FlowEngine.KernelCompiler;

/// <summary>A kernel, or a static method that kernels call.</summary>
internal sealed class DeviceFunction(IMethodSymbol method, MethodDeclarationSyntax syntax, IBlockOperation? body, string name)
{
    public IMethodSymbol Method { get; } = method;

    public MethodDeclarationSyntax Syntax { get; } = syntax;

    /// <summary>The statements; null where the C# compiler found them wrong.</summary>
    public IBlockOperation? Body { get; } = body;

    /// <summary>Its name in C.</summary>
    public string Name { get; } = name;

    /// <summary>What [Kernel] says; null for a device function.</summary>
    public KernelDeclaration? Kernel { get; init; }

    public List<DeviceFunction> Callees { get; } = [];

    /// <summary>The shared memory of a kernel with variants, which its entry points declare.</summary>
    public List<SharedDeclaration> SharedDeclarations { get; } = [];

    /// <summary>Whether it waits for other threads, itself or through what it calls.</summary>
    public bool Waits { get; set; }

    /// <summary>Whether it works through the warp's scratch memory, itself or through what it calls.</summary>
    public bool NeedsWarpScratch { get; set; }

    /// <summary>Whether a portable kernel reaches it.</summary>
    public bool Portable { get; set; }

    /// <summary>Whether it asks for shared memory whose size the launch says.</summary>
    public bool UsesDynamicShared { get; set; }

    /// <summary>The shared memory it declares, in bytes.</summary>
    public long StaticSharedBytes { get; set; }
}
