namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Waits for the threads of the warp, to exchange something with them.</summary>
public abstract class WarpRequest : SyncRequest
{
    private protected WarpRequest(string operation, string file, int line)
        : base(operation, file, line)
    {
    }

    /// <summary>Called once for a warp when all its threads wait here; gives every one its result.</summary>
    /// <param name="lanes">The requests of all lanes, of the type of this one.</param>
    internal abstract void Complete(ReadOnlySpan<WarpRequest> lanes);
}
