namespace FlowEngine.Kernels.Gpu;

/// <summary>How many groups a launch runs.</summary>
/// <param name="X">Along x, at least 1.</param>
/// <param name="Y">Along y, 1 to 65535.</param>
/// <param name="Z">Along z, 1 to 65535.</param>
/// <param name="DynamicSharedBytes">The shared memory of a group beyond what the kernel declares, in bytes.</param>
public readonly record struct LaunchGrid(int X, int Y = 1, int Z = 1, int DynamicSharedBytes = 0)
{
    /// <summary>As many groups along x as cover so many threads.</summary>
    /// <param name="threads">The threads, at least 1.</param>
    /// <param name="blockSize">The threads of a group.</param>
    public static LaunchGrid Cover(long threads, int blockSize) =>
        new(checked((int)((threads + blockSize - 1) / blockSize)));
}
