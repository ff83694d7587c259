using FlowEngine.Kernels.Gpu.Emulator;

namespace FlowEngine.Kernels.Device;

/// <summary>The grid of groups that a launch runs, as a kernel sees it.</summary>
public static class Grid
{
    /// <summary>This group's index along x.</summary>
    [Intrinsic("GRID_IDX_X")]
    public static int IdxX => EmulatedThread.Current.Group.IdxX;

    /// <summary>This group's index along y.</summary>
    [Intrinsic("GRID_IDX_Y")]
    public static int IdxY => EmulatedThread.Current.Group.IdxY;

    /// <summary>This group's index along z.</summary>
    [Intrinsic("GRID_IDX_Z")]
    public static int IdxZ => EmulatedThread.Current.Group.IdxZ;

    /// <summary>The number of groups along x.</summary>
    [Intrinsic("GRID_DIM_X")]
    public static int DimX => EmulatedThread.Current.Group.Grid.X;

    /// <summary>The number of groups along y.</summary>
    [Intrinsic("GRID_DIM_Y")]
    public static int DimY => EmulatedThread.Current.Group.Grid.Y;

    /// <summary>The number of groups along z.</summary>
    [Intrinsic("GRID_DIM_Z")]
    public static int DimZ => EmulatedThread.Current.Group.Grid.Z;

    /// <summary>
    /// This thread's index in the whole grid along x: <c>IdxX · Group.DimX + Group.IdxX</c>, in 64 bits.
    /// </summary>
    [Intrinsic("GRID_GLOBAL_INDEX_X", Varying = true)]
    public static long GlobalIndexX => ((long)IdxX * Group.DimX) + Group.IdxX;
}
