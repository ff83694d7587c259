using FlowEngine.Ranks;

namespace FlowEngine.Tests.Ranks;

/// <summary>A rank of a caller's communicator, whose calls return when all is done.</summary>
internal sealed class PlainRank(ICommunicator ranks) : ICommunicator
{
    public int Rank => ranks.Rank;

    public int Size => ranks.Size;

    public void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received) =>
        ranks.SendReceive(partner, sent, received);

    public void AllReduce(Span<float> values) => ranks.AllReduce(values);
}
