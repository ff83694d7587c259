namespace FlowEngine.Kernels.Gpu;

/// <summary>The kernels of one class: one C text, one PTX. The kernel compiler derives from it.</summary>
public abstract class KernelModule
{
    /// <summary>The class's name; PTX is the resource ptx/NAME.ARCHITECTURE.ptx of the assembly.</summary>
    public abstract string Name { get; }

    /// <summary>The C text without a prelude, UTF-8.</summary>
    public abstract ReadOnlySpan<byte> Source { get; }

    /// <summary>
    /// The SHA-256 of the CUDA prelude and <see cref="Source"/>, lower-case hexadecimal; the PTX names it.
    /// </summary>
    public abstract string CudaHash { get; }
}
