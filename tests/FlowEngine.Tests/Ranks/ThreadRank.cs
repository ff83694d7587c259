using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using FlowEngine.Ranks;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>Ranks that are threads of this process. What is asked for is there at the second question, or later.</summary>
internal sealed unsafe class ThreadRank : INonblockingCommunicator
{
    private const int QuestionsUntilDone = 2;

    private readonly BlockingCollection<byte[]>[,] _boxes;
    private readonly ConcurrentDictionary<(int From, int To, int Number), byte[]> _sent;
    private readonly Dictionary<nint, Awaited> _awaited = [];
    private int _exchanges;

    private ThreadRank(
        int rank, BlockingCollection<byte[]>[,] boxes, ConcurrentDictionary<(int From, int To, int Number), byte[]> sent) =>
        (Rank, _boxes, _sent) = (rank, boxes, sent);

    public int Rank { get; }

    public int Size => _boxes.GetLength(0);

    public long SentBytes { get; private set; }

    /// <summary>Runs a program on every rank, and gives what each returns.</summary>
    public static T[] Run<T>(int size, Func<ThreadRank, T> program)
    {
        var boxes = new BlockingCollection<byte[]>[size, size];
        for (int i = 0; i < size * size; i++)
        {
            boxes[i / size, i % size] = [];
        }

        ConcurrentDictionary<(int From, int To, int Number), byte[]> sent = [];
        T[] results = new T[size];
        Exception? first = null;
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = program(new ThreadRank(rank, boxes, sent));
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref first, exception, null);
                foreach (BlockingCollection<byte[]> box in boxes)
                {
                    box.CompleteAdding();
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return results;
    }

    public void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        _boxes[Rank, partner].Add(sent.ToArray());
        byte[] arrived = _boxes[partner, Rank].Take();
        Assert.Equal(received.Length, arrived.Length);
        arrived.CopyTo(received);
    }

    /// <summary>One after the other, as no tree does.</summary>
    public void AllReduce(Span<float> values)
    {
        float[] own = values.ToArray();
        values.Clear();
        float[] of = new float[own.Length];
        for (int rank = 0; rank < Size; rank++)
        {
            own.CopyTo(of, 0);
            this.Broadcast(MemoryMarshal.AsBytes(of.AsSpan()), rank);
            for (int i = 0; i < of.Length; i++)
            {
                values[i] += of[i];
            }
        }
    }

    public Exchange Begin(int partner, int number, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        Assert.True(number > 0 && _sent.TryAdd((Rank, partner, number), sent.ToArray()));
        SentBytes += sent.Length;
        Exchange exchange = new() { Receives = true, Incoming = ++_exchanges };
        fixed (byte* target = received)
        {
            _awaited.Add(exchange.Incoming, new Awaited((partner, Rank, number), (nint)target, received.Length));
        }

        return exchange;
    }

    public Exchange BeginAllReduce(Span<float> values)
    {
        AllReduce(values);
        return default;
    }

    public bool IsDone(ref Exchange exchange)
    {
        if (!exchange.Receives)
        {
            return true;
        }

        Awaited awaited = _awaited[exchange.Incoming];
        if (++awaited.Questions < QuestionsUntilDone || !_sent.TryRemove(awaited.Key, out byte[]? arrived))
        {
            return false;
        }

        _awaited.Remove(exchange.Incoming);
        Assert.Equal(awaited.Length, arrived.Length);
        arrived.CopyTo(new Span<byte>((void*)awaited.Target, awaited.Length));
        exchange.Receives = false;
        return true;
    }

    public void Pause(ref RankWait wait)
    {
        wait.Pause();
        Assert.False(_boxes[0, 0].IsAddingCompleted, "another rank failed");
    }

    private sealed record Awaited((int From, int To, int Number) Key, nint Target, int Length)
    {
        public int Questions { get; set; }
    }
}
