namespace FlowEngine.Native;

/// <summary>What the statuses mean, as C reads it.</summary>
internal static unsafe class StatusTexts
{
    private static readonly byte* _unknown = Check.Forever("not a status of this library");

    private static readonly Dictionary<int, nint> _texts = new()
    {
        [0] = Text("success"),
        [(int)FlowErrorKind.InvalidArgument] = Text("an argument is wrong"),
        [(int)FlowErrorKind.OutOfMemory] = Text("memory ran out"),
        [(int)FlowErrorKind.Io] = Text("a file is missing, unreadable or unwritable"),
        [(int)FlowErrorKind.BadFormat] = Text("damaged, no checkpoint, or from a newer version"),
        [(int)FlowErrorKind.NoDevice] = Text("the device is not there"),
        [(int)FlowErrorKind.Cancelled] = Text("a callback asked to stop"),
        [(int)FlowErrorKind.Internal] = Text("a fault of the library"),
    };

    /// <summary>The text of a status.</summary>
    public static byte* Of(int status) => _texts.TryGetValue(status, out nint text) ? (byte*)text : _unknown;

    private static nint Text(string text) => (nint)Check.Forever(text);
}
