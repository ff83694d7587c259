using System.Runtime.CompilerServices;
using FlowEngine.Kernels.Gpu.Emulator;

namespace FlowEngine.Kernels.Device;

/// <summary>The 32 threads that run in step and exchange registers, as a kernel sees them.</summary>
public static class Warp
{
    /// <summary>The threads of a warp.</summary>
    public const int Size = 32;

    /// <summary>This thread's index in its warp.</summary>
    [Intrinsic("WARP_LANE_IDX", Varying = true)]
    public static int LaneIdx => EmulatedThread.Current.Index % Size;

    /// <summary>This warp's index in its group.</summary>
    [Intrinsic("WARP_IDX", Varying = true)]
    public static int WarpIdx => EmulatedThread.Current.Index / Size;

    /// <summary>Waits for the threads of the warp; what they wrote before it is then visible to all of them.</summary>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_BARRIER", Emulated = typeof(EmulatedWarp))]
    public static void Barrier([CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(Barrier));

    /// <summary>The value of the thread whose lane differs from this one by these bits.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">The bits, 1 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_XOR_F32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static float ShuffleXor(
        float value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(ShuffleXor));

    /// <summary>The value of the thread so many lanes above; this thread's own where there is none.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">How many, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_DOWN_F32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static float ShuffleDown(
        float value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(ShuffleDown));

    /// <summary>The value of a lane.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">The lane, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_F32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static float Shuffle(
        float value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(Shuffle));

    /// <summary>The value of the thread whose lane differs from this one by these bits.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">The bits, 1 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_XOR_I32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static int ShuffleXor(
        int value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(ShuffleXor));

    /// <summary>The value of the thread so many lanes above; this thread's own where there is none.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">How many, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_DOWN_I32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static int ShuffleDown(
        int value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(ShuffleDown));

    /// <summary>The value of a lane.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">The lane, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_I32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static int Shuffle(
        int value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(Shuffle));

    /// <summary>The value of the thread whose lane differs from this one by these bits.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">The bits, 1 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_XOR_U32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static uint ShuffleXor(
        uint value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(ShuffleXor));

    /// <summary>The value of the thread so many lanes above; this thread's own where there is none.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">How many, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_DOWN_U32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static uint ShuffleDown(
        uint value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(ShuffleDown));

    /// <summary>The value of a lane.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">The lane, 0 to 31.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("SHFL_U32", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static uint Shuffle(
        uint value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(Shuffle));

    /// <summary>Whether the predicate holds in any thread of the warp.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_ANY", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static bool Any(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(Any));

    /// <summary>Whether the predicate holds in every thread of the warp.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_ALL", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static bool All(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(All));

    /// <summary>A word with the bit of every lane set where the predicate holds.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("WARP_BALLOT", Emulated = typeof(EmulatedWarp), NeedsWarpScratch = true)]
    public static uint Ballot(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        throw EmulatedThread.NotYielded(nameof(Ballot));
}
