namespace FlowEngine.Kernels.Device;

/// <summary>The thread that a kernel's C# runs on: what the members of the device language ask.</summary>
internal abstract class DeviceThread
{
    [ThreadStatic]
    private static DeviceThread? _current;

    /// <summary>The thread that runs.</summary>
    /// <exception cref="InvalidOperationException">No kernel is running on this thread of the system.</exception>
    public static DeviceThread Current => _current ?? throw new InvalidOperationException(
        "the device API works inside a kernel that a stream launched; a kernel's method is not called directly");

    /// <summary>The index in the group.</summary>
    public abstract int Index { get; }

    public abstract int GroupSize { get; }

    public abstract int GroupIdxX { get; }

    public abstract int GroupIdxY { get; }

    public abstract int GroupIdxZ { get; }

    public abstract int GridDimX { get; }

    public abstract int GridDimY { get; }

    public abstract int GridDimZ { get; }

    /// <summary>The length of the shared memory whose size the launch says.</summary>
    public abstract int DynamicSharedBytes { get; }

    /// <summary>
    /// The error of a waiting operation that was called where the form that waits should have stood.
    /// </summary>
    public static InvalidOperationException NotYielded(string operation) =>
        new($"{operation} waits for other threads: it works inside a kernel that a stream launched");

    /// <summary>An array of this thread.</summary>
    public abstract DevicePointer AllocateLocal(int lengthInBytes);

    /// <summary>
    /// The group's next block of shared memory: all threads allocate the same ones in the same order.
    /// </summary>
    public abstract DevicePointer AllocateShared(int lengthInBytes);

    /// <summary>Starts an asynchronous copy; of zeros where the source is not valid.</summary>
    public abstract void StartCopy(
        DevicePointer destination, DevicePointer source, int length, bool valid, SourceLine line);

    /// <summary>Closes the group of the copies started since the last one.</summary>
    public abstract void CommitCopies();

    /// <summary>Waits until no more than so many groups of copies are still going on.</summary>
    public abstract void WaitForCopies(int groups);

    /// <summary>Makes a thread the one that runs; null for none.</summary>
    protected static void SetCurrent(DeviceThread? thread) => _current = thread;
}
