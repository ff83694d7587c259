namespace FlowEngine.Compare;

/// <summary>What keeps a comparison from being made: one line that says what, where, and what was expected.</summary>
internal sealed class CompareException : Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="message">One line.</param>
    /// <param name="innerException">The cause, if another exception was.</param>
    public CompareException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
