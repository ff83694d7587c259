namespace FlowEngine.Native;

/// <summary>Lets one caller in at a time; a second one, or a callback of the first, gets an error.</summary>
internal sealed class Exclusive(string what)
{
    private int _isTaken;

    /// <summary>Enters until the result is disposed.</summary>
    /// <exception cref="FlowException">Another call is inside.</exception>
    public Use Enter() => Interlocked.Exchange(ref _isTaken, 1) == 0
        ? new Use(this)
        : throw Check.Invalid($"{what} is in use by another call");

    /// <summary>Leaves when it is disposed.</summary>
    internal readonly struct Use(Exclusive owner) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref owner._isTaken, 0);
    }
}
