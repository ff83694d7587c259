namespace FlowEngine.Kernels.Gpu;

/// <summary>A parameter of a kernel.</summary>
/// <param name="Name">Its name in the source.</param>
/// <param name="Kind">What it is.</param>
/// <param name="SizeInBytes">The size of an element of the memory, or of the value.</param>
public sealed record KernelParameter(string Name, KernelParameterKind Kind, int SizeInBytes)
{
    /// <summary>Whether its memory may overlap that of others that may.</summary>
    public bool MayAlias { get; init; }
}
