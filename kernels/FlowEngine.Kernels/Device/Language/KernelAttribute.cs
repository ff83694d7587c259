namespace FlowEngine.Kernels.Device;

/// <summary>Marks a static method of a static partial class as a GPU kernel.</summary>
/// <remarks>
/// The kernel compiler makes three things of it while the project builds: a C text that is CUDA C or OpenCL C by its
/// prelude, a typed launcher of the same name, and the form that the emulator runs. kernels/README.md has the language.
/// </remarks>
/// <param name="blockSize">The threads of a group: a multiple of 32, at most 1024. A launch cannot change it.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelAttribute(int blockSize) : Attribute
{
    /// <summary>The threads of a group.</summary>
    public int BlockSize { get; } = blockSize;

    /// <summary>
    /// How many groups should fit a multiprocessor: the CUDA compiler holds registers down to it. 0: no wish.
    /// </summary>
    public int MinGroupsPerMultiprocessor { get; init; }

    /// <summary>
    /// Whether the kernel also runs as OpenCL C. If so every barrier and warp operation must stand in control flow that
    /// all threads of the group take alike, which the compiler checks.
    /// </summary>
    public bool Portable { get; init; } = true;
}
