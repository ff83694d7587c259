namespace FlowEngine.Ranks;

/// <summary>The processes that train one model together, each a rank: a power of two of them.</summary>
/// <remarks>
/// All ranks make the same calls in the same order. What a rank sends has arrived, and what it is to receive is there, when a
/// call returns. One thread at a time.
/// </remarks>
public interface ICommunicator
{
    /// <summary>This process, from 0.</summary>
    int Rank { get; }

    /// <summary>The number of processes.</summary>
    int Size { get; }

    /// <summary>Sends to another rank while it receives from it; that rank makes the call that answers this one.</summary>
    /// <param name="partner">The other rank.</param>
    /// <param name="sent">As long as the partner's <paramref name="received"/>; may be empty.</param>
    /// <param name="received">Overwritten; as long as the partner's <paramref name="sent"/>; may be empty.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.DeviceFailed"/>: a rank is lost, or the network failed.</exception>
    void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received);

    /// <summary>Sums over all ranks, element by element, in the order that is fastest: the same bits on all ranks.</summary>
    /// <param name="values">As many on all ranks; overwritten.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.DeviceFailed"/>: a rank is lost, or the network failed.</exception>
    void AllReduce(Span<float> values);
}
