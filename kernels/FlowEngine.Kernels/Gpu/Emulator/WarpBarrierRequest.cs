namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Waits for the threads of the warp and exchanges nothing.</summary>
public sealed class WarpBarrierRequest : WarpRequest
{
    internal WarpBarrierRequest(string file, int line)
        : base("Warp.Barrier", file, line)
    {
    }

    internal override void Complete(ReadOnlySpan<WarpRequest> lanes)
    {
    }
}
