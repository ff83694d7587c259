namespace FlowEngine.Kernels.Device;

/// <summary>The grid of groups that a launch runs, as a kernel sees it.</summary>
public static class Grid
{
    /// <summary>This group's index along x.</summary>
    [Intrinsic("GRID_IDX_X")]
    public static int IdxX => DeviceThread.Current.GroupIdxX;

    /// <summary>This group's index along y.</summary>
    [Intrinsic("GRID_IDX_Y")]
    public static int IdxY => DeviceThread.Current.GroupIdxY;

    /// <summary>This group's index along z.</summary>
    [Intrinsic("GRID_IDX_Z")]
    public static int IdxZ => DeviceThread.Current.GroupIdxZ;

    /// <summary>The number of groups along x.</summary>
    [Intrinsic("GRID_DIM_X")]
    public static int DimX => DeviceThread.Current.GridDimX;

    /// <summary>The number of groups along y.</summary>
    [Intrinsic("GRID_DIM_Y")]
    public static int DimY => DeviceThread.Current.GridDimY;

    /// <summary>The number of groups along z.</summary>
    [Intrinsic("GRID_DIM_Z")]
    public static int DimZ => DeviceThread.Current.GridDimZ;

    /// <summary>
    /// This thread's index in the whole grid along x: <c>IdxX · Group.DimX + Group.IdxX</c>, in 64 bits.
    /// </summary>
    [Intrinsic("GRID_GLOBAL_INDEX_X", Varying = true)]
    public static long GlobalIndexX => ((long)IdxX * Group.DimX) + Group.IdxX;
}
