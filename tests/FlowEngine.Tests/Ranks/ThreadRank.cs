using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using FlowEngine.Ranks;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>Ranks that are threads of this process.</summary>
internal sealed class ThreadRank : ICommunicator
{
    private readonly BlockingCollection<byte[]>[,] _boxes;

    private ThreadRank(int rank, BlockingCollection<byte[]>[,] boxes) => (Rank, _boxes) = (rank, boxes);

    public int Rank { get; }

    public int Size => _boxes.GetLength(0);

    /// <summary>Runs a program on every rank, and gives what each returns.</summary>
    public static T[] Run<T>(int size, Func<ThreadRank, T> program)
    {
        var boxes = new BlockingCollection<byte[]>[size, size];
        for (int i = 0; i < size * size; i++)
        {
            boxes[i / size, i % size] = [];
        }

        T[] results = new T[size];
        Exception? first = null;
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = program(new ThreadRank(rank, boxes));
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
}
