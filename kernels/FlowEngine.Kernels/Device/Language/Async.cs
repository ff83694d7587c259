using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>Copies of 16 bytes from device memory to shared memory that go on while the thread computes.</summary>
/// <remarks>
/// Copies that a thread started belong to the group of its next <see cref="Commit"/>. A thread sees its own data after
/// <see cref="Wait"/>; the others see it after a barrier that follows. Both places must be aligned to 16 bytes. OpenCL
/// copies at once.
/// </remarks>
public static class Async
{
    private const int Bytes = 16;

    /// <summary>Starts a copy of 16 bytes.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="destination">Where to; starts at the first element.</param>
    /// <param name="source">Where from; starts at the first element.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ASYNC_COPY_16")]
    public static void Copy16<T>(
        SharedView<T> destination,
        ReadOnlyGlobalView<T> source,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "")
        where T : unmanaged =>
        DeviceThread.Current.StartCopy(destination.Pointer, source.Pointer, Bytes, true, new SourceLine(file, line));

    /// <summary>Starts a copy of 16 bytes, or of 16 zeros where there is nothing to read.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="destination">Where to; starts at the first element.</param>
    /// <param name="source">Where from; not read where <paramref name="valid"/> is false.</param>
    /// <param name="valid">Whether there is something to read.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ASYNC_COPY_16_OR_ZERO")]
    public static void Copy16<T>(
        SharedView<T> destination,
        ReadOnlyGlobalView<T> source,
        bool valid,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "")
        where T : unmanaged =>
        DeviceThread.Current.StartCopy(destination.Pointer, source.Pointer, Bytes, valid, new SourceLine(file, line));

    /// <summary>Starts a copy of 16 bytes.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="destination">Where to; starts at the first element.</param>
    /// <param name="source">Where from; starts at the first element.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ASYNC_COPY_16")]
    public static void Copy16<T>(
        SharedView<T> destination,
        GlobalView<T> source,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "")
        where T : unmanaged =>
        DeviceThread.Current.StartCopy(destination.Pointer, source.Pointer, Bytes, true, new SourceLine(file, line));

    /// <summary>Starts a copy of 16 bytes, or of 16 zeros where there is nothing to read.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="destination">Where to; starts at the first element.</param>
    /// <param name="source">Where from; not read where <paramref name="valid"/> is false.</param>
    /// <param name="valid">Whether there is something to read.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ASYNC_COPY_16_OR_ZERO")]
    public static void Copy16<T>(
        SharedView<T> destination,
        GlobalView<T> source,
        bool valid,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "")
        where T : unmanaged =>
        DeviceThread.Current.StartCopy(destination.Pointer, source.Pointer, Bytes, valid, new SourceLine(file, line));

    /// <summary>Closes the group of the copies started since the last one.</summary>
    [Intrinsic("ASYNC_COMMIT")]
    public static void Commit() => DeviceThread.Current.CommitCopies();

    /// <summary>Waits until no more than so many of this thread's newest groups are still going on.</summary>
    /// <param name="groups">How many may go on, a constant from 0.</param>
    [Intrinsic("ASYNC_WAIT")]
    public static void Wait(int groups) => DeviceThread.Current.WaitForCopies(groups);
}
