namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Waits for every thread of the group.</summary>
public sealed class BarrierRequest : SyncRequest
{
    internal BarrierRequest(string file, int line)
        : base("Group.Barrier", file, line)
    {
    }
}
