using System.Runtime.CompilerServices;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>The waits of <see cref="Warp"/> as the emulator's threads yield them.</summary>
public static class EmulatedWarp
{
    /// <summary>As <see cref="Warp.Barrier"/>.</summary>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static WarpBarrierRequest Barrier([CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        new(file, line);

    /// <summary>As <see cref="Warp.ShuffleXor(float, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<float> ShuffleXor(
        float value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(ShuffleXor), value, Warp.LaneIdx ^ mask, file, line);

    /// <summary>As <see cref="Warp.ShuffleDown(float, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<float> ShuffleDown(
        float value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(ShuffleDown), value, Warp.LaneIdx + delta < Warp.Size ? Warp.LaneIdx + delta : Warp.LaneIdx, file, line);

    /// <summary>As <see cref="Warp.Shuffle(float, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<float> Shuffle(
        float value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(Shuffle), value, lane, file, line);

    /// <summary>As <see cref="Warp.ShuffleXor(int, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<int> ShuffleXor(
        int value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(ShuffleXor), value, Warp.LaneIdx ^ mask, file, line);

    /// <summary>As <see cref="Warp.ShuffleDown(int, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<int> ShuffleDown(
        int value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(ShuffleDown), value, Warp.LaneIdx + delta < Warp.Size ? Warp.LaneIdx + delta : Warp.LaneIdx, file, line);

    /// <summary>As <see cref="Warp.Shuffle(int, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<int> Shuffle(
        int value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(Shuffle), value, lane, file, line);

    /// <summary>As <see cref="Warp.ShuffleXor(uint, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="mask">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<uint> ShuffleXor(
        uint value, int mask, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(ShuffleXor), value, Warp.LaneIdx ^ mask, file, line);

    /// <summary>As <see cref="Warp.ShuffleDown(uint, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="delta">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<uint> ShuffleDown(
        uint value, int delta, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(ShuffleDown), value, Warp.LaneIdx + delta < Warp.Size ? Warp.LaneIdx + delta : Warp.LaneIdx, file, line);

    /// <summary>As <see cref="Warp.Shuffle(uint, int, int, string)"/>.</summary>
    /// <param name="value">What this thread gives.</param>
    /// <param name="lane">As there.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static ExchangeRequest<uint> Shuffle(
        uint value, int lane, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        Exchange(nameof(Shuffle), value, lane, file, line);

    /// <summary>As <see cref="Warp.Any"/>.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static VoteRequest<bool> Any(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        new("Warp.Any", predicate, static ballot => ballot != 0, file, line);

    /// <summary>As <see cref="Warp.All"/>.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static VoteRequest<bool> All(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        new("Warp.All", predicate, static ballot => ballot == uint.MaxValue, file, line);

    /// <summary>As <see cref="Warp.Ballot"/>.</summary>
    /// <param name="predicate">What this thread gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static VoteRequest<uint> Ballot(
        bool predicate, [CallerLineNumber] int line = 0, [CallerFilePath] string file = "") =>
        new("Warp.Ballot", predicate, static ballot => ballot, file, line);

    private static ExchangeRequest<T> Exchange<T>(string operation, T value, int source, string file, int line) =>
        new($"Warp.{operation}", value, source, file, line);
}
