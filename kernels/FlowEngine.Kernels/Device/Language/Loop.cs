namespace FlowEngine.Kernels.Device;

/// <summary>Requests to the compiler about a loop.</summary>
public static class Loop
{
    /// <summary>As the first statement of a loop's body: unroll it. Its bounds must be constants.</summary>
    public static void Unroll()
    {
        // Nothing to run: the kernel compiler reads it.
    }

    /// <summary>
    /// The value, of which the device's compiler knows nothing: what is computed from it is not moved out of a loop. So
    /// addresses are computed where they are used, where they would take registers across the loop, and spill them.
    /// </summary>
    /// <param name="value">A number.</param>
    [Intrinsic("OPAQUE_I32")]
    public static int Opaque(int value) => value;
}
