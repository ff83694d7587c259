namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's group, over ILGPU's.</summary>
internal static class Group
{
    public static int IdxX => ILGPU.Group.IdxX;

    public static int DimX => ILGPU.Group.DimX;

    public static void Barrier() => ILGPU.Group.Barrier();
}
