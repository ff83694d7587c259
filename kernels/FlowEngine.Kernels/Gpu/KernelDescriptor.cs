using FlowEngine.Kernels.Gpu.Emulator;

namespace FlowEngine.Kernels.Gpu;

/// <summary>What a runner needs to know of a kernel. The kernel compiler makes one for each.</summary>
public sealed class KernelDescriptor
{
    /// <summary>The text that holds it.</summary>
    public required KernelModule Module { get; init; }

    /// <summary>Its name in that text: Class_Method.</summary>
    public required string Name { get; init; }

    /// <summary>The threads of a group.</summary>
    public required int BlockSize { get; init; }

    /// <summary>The shared memory whose size is known, in bytes, warp scratch not counted.</summary>
    public required int StaticSharedBytes { get; init; }

    /// <summary>Whether it asks for shared memory whose size the launch says.</summary>
    public required bool UsesDynamicShared { get; init; }

    /// <summary>Whether it also runs as OpenCL C.</summary>
    public required bool Portable { get; init; }

    /// <summary>Its parameters in order.</summary>
    public required IReadOnlyList<KernelParameter> Parameters { get; init; }

    /// <summary>The body of one thread of the emulator.</summary>
    public required Func<EmulatedArguments, IEnumerator<SyncRequest>> Emulate { get; init; }
}
