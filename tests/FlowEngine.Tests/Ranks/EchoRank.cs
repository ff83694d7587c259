using FlowEngine.Ranks;

namespace FlowEngine.Tests.Ranks;

/// <summary>The first of two ranks, of which the second sends back what it gets. Allocates nothing.</summary>
internal sealed class EchoRank : INonblockingCommunicator
{
    public int Rank => 0;

    public int Size => 2;

    public long SentBytes { get; private set; }

    public void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        int length = Math.Min(sent.Length, received.Length);
        sent[..length].CopyTo(received);
        SentBytes += sent.Length;
    }

    public void AllReduce(Span<float> values)
    {
        foreach (ref float value in values)
        {
            value += value;
        }
    }

    public Exchange Begin(int partner, int number, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        SendReceive(partner, sent, received);
        return new Exchange { Receives = true };
    }

    public Exchange BeginAllReduce(Span<float> values)
    {
        AllReduce(values);
        return new Exchange { Receives = true };
    }

    public bool IsDone(ref Exchange exchange)
    {
        bool isDone = !exchange.Receives;
        exchange.Receives = false;
        return isDone;
    }

    public void Pause(ref RankWait wait) => wait.Pause();
}
