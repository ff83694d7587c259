namespace FlowEngine.Kernels.Device;

/// <summary>The kernel language's atomic changes, over ILGPU's.</summary>
internal static class Atomic
{
    public static void Max(GlobalView<uint> view, long index, uint value) =>
        ILGPU.Atomic.Max(ref view.Memory[view.Start + index], value);
}
