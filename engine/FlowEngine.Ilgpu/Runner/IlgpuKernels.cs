using System.Reflection;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Ilgpu;

/// <summary>The kernels whose source is in this assembly, by the names that their descriptors have.</summary>
internal static class IlgpuKernels
{
    private static readonly Dictionary<string, MethodInfo> _methods = typeof(IlgpuKernels).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
        .Where(method => method.GetCustomAttribute<KernelAttribute>() is not null)
        .ToDictionary(method => $"{method.DeclaringType!.Name}_{method.Name}");

    /// <summary>The method of a kernel.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="selector">The device, for the error.</param>
    /// <exception cref="GpuException">InvalidOperation: it is not among them.</exception>
    public static MethodInfo MethodOf(KernelDescriptor kernel, string selector) =>
        _methods.TryGetValue(kernel.Name, out MethodInfo? method)
            ? method
            : throw new GpuException(
                GpuErrorKind.InvalidOperation,
                $"{selector}: {kernel.Name} is not among the kernels that ILGPU compiles, expected one of a backend that is not "
                + "of the fused network");
}
