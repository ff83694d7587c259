namespace FlowEngine.Ranks;

/// <summary>Ranks whose exchanges go on while their callers compute.</summary>
/// <remarks>
/// Memory of an exchange does not move, and is left as it is until the exchange is done. All ranks begin sums over all in the
/// same order; an exchange meets the one with its number that the partner begins, in whatever order.
/// </remarks>
internal interface INonblockingCommunicator : ICommunicator
{
    /// <summary>Bytes that this rank sent.</summary>
    long SentBytes { get; }

    /// <summary>Begins to send to another rank and to receive from it.</summary>
    /// <param name="partner">The other rank.</param>
    /// <param name="number">1 or more: which of the exchanges between the two this is.</param>
    /// <param name="sent">As long as the partner's <paramref name="received"/>; may be empty.</param>
    /// <param name="received">Overwritten; as long as the partner's <paramref name="sent"/>; may be empty.</param>
    /// <exception cref="FlowException">The network failed.</exception>
    Exchange Begin(int partner, int number, ReadOnlySpan<byte> sent, Span<byte> received);

    /// <summary>Begins what <see cref="ICommunicator.AllReduce"/> does.</summary>
    /// <param name="values">As many on all ranks; overwritten.</param>
    /// <exception cref="FlowException">The network failed.</exception>
    Exchange BeginAllReduce(Span<float> values);

    /// <summary>Asks whether an exchange is done, and furthers it.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <exception cref="FlowException">The network failed.</exception>
    bool IsDone(ref Exchange exchange);

    /// <summary>Lets some time go by until the next question.</summary>
    /// <param name="wait">The wait so far.</param>
    /// <exception cref="FlowException">A rank is lost.</exception>
    void Pause(ref RankWait wait);
}
