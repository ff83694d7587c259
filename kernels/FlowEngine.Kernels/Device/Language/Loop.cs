namespace FlowEngine.Kernels.Device;

/// <summary>Requests to the compiler about a loop.</summary>
public static class Loop
{
    /// <summary>As the first statement of a loop's body: unroll it. Its bounds must be constants.</summary>
    public static void Unroll()
    {
        // Nothing to run: the kernel compiler reads it.
    }
}
