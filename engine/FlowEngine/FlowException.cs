namespace FlowEngine;

/// <summary>What went wrong, as a number that never changes its meaning.</summary>
public enum FlowErrorKind
{
    /// <summary>An argument or option is out of range, or does not fit the model.</summary>
    InvalidArgument = -1,

    /// <summary>Memory ran out.</summary>
    OutOfMemory = -2,

    /// <summary>A file or folder is missing, unreadable or unwritable.</summary>
    Io = -3,

    /// <summary>A file is damaged, foreign, newer than this library, or holds bad data.</summary>
    BadFormat = -4,

    /// <summary>The device asked for is not there.</summary>
    NoDevice = -5,

    /// <summary>Somebody asked to stop.</summary>
    Cancelled = -6,

    /// <summary>A device or its driver failed: a kernel did not compile or run, or the device was lost; or a rank was.</summary>
    DeviceFailed = -7,

    /// <summary>The device cannot do what was asked of it.</summary>
    Unsupported = -8,

    /// <summary>A fault of this library.</summary>
    Internal = -99,
}

/// <summary>An error a user can act on: one line that says what is wrong, where, and what was expected.</summary>
public sealed class FlowException : Exception
{
    /// <summary>Creates an error of a kind.</summary>
    /// <param name="kind">The stable kind.</param>
    /// <param name="message">
    /// One line: what, where, what was expected. What is not printable in it is escaped, and of a message of more than 2000
    /// characters the middle is left out: text of a file may be in it.
    /// </param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public FlowException(FlowErrorKind kind, string message, Exception? innerException = null)
        : base(PrintableText.OneLine(message), innerException) => Kind = kind;

    /// <summary>The stable kind of this error.</summary>
    public FlowErrorKind Kind { get; }
}
