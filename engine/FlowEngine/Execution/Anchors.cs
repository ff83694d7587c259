using FlowEngine.Kernels;

namespace FlowEngine.Execution;

/// <summary>How often <see cref="MemoryMode.Invert"/> keeps the value path, so that what it recomputes does not drift.</summary>
/// <remarks>
/// In float32 a step's input comes back to a few units in the last place, and over 32 steps to 1e-5: no anchors. Where a
/// network's input is rounded to fewer bits that is not enough: a value that comes back one unit off can round to the
/// other side, the network's output then differs by the short format's unit, and the difference grows from step to step.
/// </remarks>
internal static class Anchors
{
    /// <summary>Steps from one anchor to the next; 0 for none.</summary>
    /// <param name="precision">The precision of the networks.</param>
    public static int Spacing(NetworkPrecision precision) => precision == NetworkPrecision.Full ? 0 : 1;
}
