using FlowEngine.Kernels.Gpu;
using FlowEngine.Ranks;
using FlowEngine.Tests.Gpu;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>Ranks that find each other by NCCL and know of no MPI, as threads on stand-ins for CUDA and NCCL.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class NcclCommunicatorTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan _impatience = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ranks_give_the_bits_of_one_process_however_late_or_early_their_work_runs(bool callsEarly)
    {
        double[] expected = NcclTests.Expected;
        Assert.All(
            Run((rank, cuda) =>
            {
                cuda.BeLazy();
                if (callsEarly)
                {
                    cuda.CallEarly();
                }

                return NcclTests.Update(rank, cuda, NcclTests.Options);
            }),
            found =>
            {
                Assert.Equal(expected, found.Weights);
                Assert.True(found.Cost.HiddenShare is null && found.Cost.SentBytes > 0, $"{found.Cost}");
            });

        // What they say and their gradients go the same way, in one order.
        Assert.Equal(2, FakeNccl.Log.Count(line => line.Contains("joins", StringComparison.Ordinal)));
        Assert.Equal(2, FakeNccl.Log.Where(line => line.Contains("stream", StringComparison.Ordinal))
            .Select(line => line[line.IndexOf("stream", StringComparison.Ordinal)..]).Distinct().Count());
        Assert.DoesNotContain(FakeNccl.Log, line => line.StartsWith("error", StringComparison.Ordinal));
    }

    [Fact]
    public void Exchanges_of_any_length_arrive()
    {
        int[] lengths = [0, 1, 7, (1 << 20) - 1, 1 << 20, (3 << 20) + 5];
        Assert.All(
            Run((rank, _) =>
            {
                List<bool> arrived = [];
                foreach (int length in lengths)
                {
                    byte[] received = new byte[rank.Rank == 0 ? lengths[^1] - length : length];
                    rank.SendReceive(1 - rank.Rank, Bytes(rank.Rank, lengths[^1] - received.Length), received);
                    arrived.Add(received.AsSpan().SequenceEqual(Bytes(1 - rank.Rank, received.Length)));
                }

                return arrived;
            }),
            arrived => Assert.DoesNotContain(false, arrived));

        static byte[] Bytes(int rank, int length)
        {
            byte[] bytes = new byte[length];
            new Random(rank + (2 * length)).NextBytes(bytes);
            return bytes;
        }
    }

    [Fact]
    public void Sums_are_the_same_on_all() => Assert.All(
        Run((rank, _) =>
        {
            float[] values = [.. Enumerable.Range(0, 300_000).Select(i => (float)(i * (rank.Rank + 1)))];
            rank.AllReduce(values);
            return values;
        }),
        values => Assert.Equal(Enumerable.Range(0, 300_000).Select(i => 3f * i), values));

    [Fact]
    public void A_connection_that_is_lost_ends_the_wait() => AssertLost(
        "the ranks have lost each other: remote process exited or there was a network error",
        _patience,
        () => FakeNccl.Fail("ncclCommGetAsyncError", 6));

    [Fact]
    public void A_rank_that_does_not_answer_ends_the_wait() =>
        AssertLost("another rank has not answered for 1 s: it is lost, or stuck", _impatience, () => { });

    [Fact]
    public void A_call_that_fails_is_said()
    {
        FlowException error = Assert.Throws<FlowException>(() => Run((rank, _) =>
        {
            FakeNccl.Fail("ncclSend", 3);
            rank.SendReceive(1 - rank.Rank, [1], new byte[1]);
            return 0;
        }));
        Assert.Equal((FlowErrorKind.DeviceFailed, "ncclSend: an error of the stand-in"), (error.Kind, error.Message));
    }

    [Fact]
    public void A_rank_that_does_not_come_is_waited_for_so_long()
    {
        FakeNccl.Reset();
        using GpuDevice device = new FakeCudaCopy().Open();
        GpuException error = Assert.Throws<GpuException>(
            () => GpuGroup.Meet(device, FakeNccl.Place(), 0, 2, _impatience));
        Assert.StartsWith("rank 0 of 2 has waited 1 s for the others", error.Message, StringComparison.Ordinal);

        // Ends the wait of the thread that was left behind.
        FakeNccl.Reset();
    }

    [Theory]
    [InlineData("MASTER_ADDR=node0 MASTER_PORT=29500", "node0:29501")]
    [InlineData("MASTER_ADDR=fe80::1 MASTER_PORT=29500", "[fe80::1]:29501")]
    [InlineData("MASTER_ADDR=node0 MASTER_PORT=29500 NCCL_COMM_ID=10.0.0.1:4000", "10.0.0.1:4000")]
    [InlineData("MASTER_ADDR=node0", null)]
    [InlineData("MASTER_ADDR=node0 MASTER_PORT=65535", null)]
    [InlineData("MASTER_PORT=29500", null)]
    public void Ranks_meet_at_the_port_behind_that_of_the_launcher(string variables, string? expected)
    {
        var known = variables.Split(' ').Select(text => text.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        if (expected is not null)
        {
            Assert.Equal(expected, NcclCommunicator.Place(known.GetValueOrDefault));
            return;
        }

        FlowException error = Assert.Throws<FlowException>(() => NcclCommunicator.Place(known.GetValueOrDefault));
        Assert.StartsWith("MASTER_ADDR and MASTER_PORT do not say", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The first rank waits for a second that says nothing, and is told why it waits no longer.</summary>
    private static void AssertLost(string expected, TimeSpan patience, Action lose)
    {
        string[] messages = Run(
            (rank, _) =>
            {
                if (rank.Rank == 1)
                {
                    return string.Empty;
                }

                lose();
                FlowException first = Assert.Throws<FlowException>(() => rank.SendReceive(1, [1], new byte[1]));
                FlowException second = Assert.Throws<FlowException>(() => rank.AllReduce(new float[1]));
                Assert.Equal((FlowErrorKind.DeviceFailed, first.Message), (first.Kind, second.Message));
                return first.Message;
            },
            patience,
            rank => rank.Abort());
        Assert.Equal(expected, messages[0]);
    }

    private static T[] Run<T>(
        Func<NcclCommunicator, FakeCudaCopy, T> program, TimeSpan? patience = null, Action<NcclCommunicator>? leave = null)
    {
        FakeNccl.Reset();
        string place = FakeNccl.Place();
        return ThreadRank.Run(2, thread =>
        {
            FakeCudaCopy cuda = new();
            T result;
            using (GpuDevice device = cuda.Open())
            {
                GpuGroup group = GpuGroup.Meet(device, place, thread.Rank, thread.Size, patience ?? _patience);
                using NcclCommunicator rank = new(group, null, thread.Rank, thread.Size);
                try
                {
                    result = program(rank, cuda);
                }
                catch
                {
                    rank.Abort();
                    throw;
                }

                leave?.Invoke(rank);
            }

            Assert.Equal(string.Empty, cuda.Complaints);
            return result;
        });
    }
}
