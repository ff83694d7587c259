namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's grid, over ILGPU's.</summary>
internal static class Grid
{
    public static int IdxX => ILGPU.Grid.IdxX;

    public static int IdxY => ILGPU.Grid.IdxY;

    public static int IdxZ => ILGPU.Grid.IdxZ;

    public static int DimX => ILGPU.Grid.DimX;

    public static long GlobalIndexX => ((long)IdxX * Group.DimX) + Group.IdxX;
}
