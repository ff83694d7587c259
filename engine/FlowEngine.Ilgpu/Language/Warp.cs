namespace FlowEngine.Kernels.Device;

/// <summary>A thread's place among the 32 of its warp. The kernels that exchange registers are not among ILGPU's.</summary>
internal static class Warp
{
    private const int Size = 32;

    public static int LaneIdx => Group.IdxX % Size;

    public static int WarpIdx => Group.IdxX / Size;
}
