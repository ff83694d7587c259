namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>What is known of an element besides its last write and its last read.</summary>
[Flags]
internal enum ShadowFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It has a value.</summary>
    Set = 1,

    /// <summary>An asynchronous copy is writing it.</summary>
    Pending = 2,

    /// <summary>The last write was atomic.</summary>
    AtomicWrite = 4,

    /// <summary>Other lanes of the last reader's warp read it since the last barrier of the warp.</summary>
    ReadByLanes = 8,

    /// <summary>Other warps of the last reader's group read it since the last barrier.</summary>
    ReadByWarps = 16,

    /// <summary>Other groups than the last reader's read it in this launch.</summary>
    ReadByGroups = 32,
}
