using System.Text;

namespace FlowEngine.Native;

/// <summary>The last failure of each thread, as C reads it.</summary>
internal static unsafe class ThreadError
{
    private const int LengthInBytes = 2048;

    // Pinned, and the garbage collector's: it goes when its thread does.
    [ThreadStatic]
    private static byte[]? _text;

    /// <summary>The text, NUL-terminated.</summary>
    public static byte* Pointer => Check.Pinned(Buffer);

    private static byte[] Buffer => _text ??= GC.AllocateArray<byte>(LengthInBytes, pinned: true);

    /// <summary>Keeps the message of a failure, on one line.</summary>
    public static void Set(string message)
    {
        byte[] buffer = Buffer;
        Span<byte> room = buffer.AsSpan(0, LengthInBytes - 1);
        Encoding.UTF8.GetEncoder().Convert(
            message.ReplaceLineEndings(" "), room, flush: true, out _, out int used, out _);
        buffer[used] = 0;
    }
}
