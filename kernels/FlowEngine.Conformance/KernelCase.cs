using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance;

/// <summary>A kernel with a way to tell whether a device runs it right.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Shows">What part of the kernel language it is there for.</param>
/// <param name="Tolerance">The largest error allowed, relative where a value is above 1; 0: bit for bit.</param>
/// <param name="Run">Runs it once on a device, with a shape and data from the random numbers.</param>
public sealed record KernelCase(
    string Name, string Shows, double Tolerance, Func<GpuDevice, Random, CaseOutcome> Run)
{
    /// <summary>Set where the memory of a real device would not do: 64-bit indices want buffers beyond 2 GiB.</summary>
    public bool EmulatorOnly { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
