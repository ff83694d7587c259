namespace FlowEngine.Native;

/// <summary>What the statuses mean, as C reads it.</summary>
internal static unsafe class StatusTexts
{
    private static readonly byte[] _unknown = Check.ToPinned("not a status of this library");

    private static readonly Dictionary<int, byte[]> _texts = new()
    {
        [0] = Check.ToPinned("success"),
        [(int)FlowErrorKind.InvalidArgument] = Check.ToPinned("an argument is wrong"),
        [(int)FlowErrorKind.OutOfMemory] = Check.ToPinned("memory ran out"),
        [(int)FlowErrorKind.Io] = Check.ToPinned("a file is missing, unreadable or unwritable"),
        [(int)FlowErrorKind.BadFormat] = Check.ToPinned("damaged, no checkpoint, or from a newer version"),
        [(int)FlowErrorKind.NoDevice] = Check.ToPinned("the device is not there"),
        [(int)FlowErrorKind.Cancelled] = Check.ToPinned("a callback asked to stop"),
        [(int)FlowErrorKind.DeviceFailed] = Check.ToPinned("the device or its driver failed"),
        [(int)FlowErrorKind.Unsupported] = Check.ToPinned("the device cannot do that"),
        [(int)FlowErrorKind.Internal] = Check.ToPinned("a fault of the library"),
    };

    /// <summary>The text of a status.</summary>
    public static byte* Of(int status) => Check.Pinned(_texts.GetValueOrDefault(status, _unknown));
}
