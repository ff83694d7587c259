using FlowEngine.Kernels;

namespace FlowEngine.Execution;

/// <summary>How often <see cref="MemoryMode.Invert"/> keeps the value path, so that what it recomputes does not drift.</summary>
/// <remarks>
/// In float32 a step's input comes back to a few units in the last place, and over 32 steps to 1e-5: anchors are for depths
/// beyond that. Of a Glow of 200 steps (8x8x1, hidden 16) the gradient after 40 updates is 1.0e-4 of its norm off that of
/// <see cref="MemoryMode.Store"/> without anchors, 1.6e-5 with one every 64. Where a network's input is rounded to fewer bits that is not enough: a value that comes back one unit off can round to the
/// other side, the network's output then differs by the short format's unit, and the difference grows from step to step.
/// Largest difference of what came back over 32 steps of 16x16x3 (hidden 32, 8 images, PoCL), with an anchor every N steps:
/// <code>
/// N        none     8        4        2        1
/// tf32     1.7e-3   5.5e-5   2.6e-5   1.7e-5   1.8e-7
/// bf16     8.1e-3   2.2e-4   8.2e-5   2.1e-7   1.8e-7
/// </code>
/// </remarks>
internal static class Anchors
{
    /// <summary>Steps from one anchor to the next; 0 for none.</summary>
    /// <param name="precision">The precision of the networks.</param>
    public static int Spacing(NetworkPrecision precision) => precision switch
    {
        NetworkPrecision.Full => 64,
        NetworkPrecision.TensorFloat32 => 4,
        NetworkPrecision.BFloat16 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "no such precision"),
    };
}
