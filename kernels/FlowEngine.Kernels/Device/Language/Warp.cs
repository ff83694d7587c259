using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>The 32 threads that run in step and exchange registers, as a kernel sees them.</summary>
public static class Warp
{
    /// <summary>The threads of a warp.</summary>
    public const int Size = 32;

    /// <summary>This thread's index in its warp.</summary>
    [Intrinsic("WARP_LANE_IDX", Varying = true)]
    public static int LaneIdx => DeviceThread.Current.Index % Size;

    /// <summary>This warp's index in its group.</summary>
    [Intrinsic("WARP_IDX", Varying = true)]
    public static int WarpIdx => DeviceThread.Current.Index / Size;

    /// <summary>Waits for the threads of the warp; what they wrote before it is then visible to all of them.</summary>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_BARRIER", Waits = true)]
    public static void Barrier([CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(Barrier));

    /// <summary>The value of the thread whose lane differs from this one by these bits.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">The bits, 1 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_XOR_F32", Waits = true, NeedsWarpScratch = true)]
    public static float ShuffleXor(
        float value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(ShuffleXor));

    /// <summary>The value of the thread so many lanes above; this thread's own where there is none.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">How many, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_DOWN_F32", Waits = true, NeedsWarpScratch = true)]
    public static float ShuffleDown(
        float value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(ShuffleDown));

    /// <summary>The value of a lane.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">The lane, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_F32", Waits = true, NeedsWarpScratch = true)]
    public static float Shuffle(
        float value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(Shuffle));

    /// <summary>The value of the thread whose lane differs from this one by these bits.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">The bits, 1 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_XOR_I32", Waits = true, NeedsWarpScratch = true)]
    public static int ShuffleXor(
        int value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(ShuffleXor));

    /// <summary>The value of the thread so many lanes above; this thread's own where there is none.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">How many, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_DOWN_I32", Waits = true, NeedsWarpScratch = true)]
    public static int ShuffleDown(
        int value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(ShuffleDown));

    /// <summary>The value of a lane.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">The lane, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_I32", Waits = true, NeedsWarpScratch = true)]
    public static int Shuffle(
        int value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(Shuffle));

    /// <summary>The value of the thread whose lane differs from this one by these bits.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">The bits, 1 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_XOR_U32", Waits = true, NeedsWarpScratch = true)]
    public static uint ShuffleXor(
        uint value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(ShuffleXor));

    /// <summary>The value of the thread so many lanes above; this thread's own where there is none.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">How many, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_DOWN_U32", Waits = true, NeedsWarpScratch = true)]
    public static uint ShuffleDown(
        uint value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(ShuffleDown));

    /// <summary>The value of a lane.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">The lane, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_U32", Waits = true, NeedsWarpScratch = true)]
    public static uint Shuffle(
        uint value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(Shuffle));

    /// <summary>Whether the predicate holds in any thread of the warp.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_ANY", Waits = true, NeedsWarpScratch = true)]
    public static bool Any(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(Any));

    /// <summary>Whether the predicate holds in every thread of the warp.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_ALL", Waits = true, NeedsWarpScratch = true)]
    public static bool All(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(All));

    /// <summary>A word with the bit of every lane set where the predicate holds.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_BALLOT", Waits = true, NeedsWarpScratch = true)]
    public static uint Ballot(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(Ballot));
}
