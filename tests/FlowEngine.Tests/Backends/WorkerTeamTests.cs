using FlowEngine.Kernels.Cpu;

using Xunit;

namespace FlowEngine.Tests.Backends;

public sealed class WorkerTeamTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_caller_shares_its_parts_with_the_team()
    {
        using WorkerTeam team = new(2);
        using Barrier both = new(2);

        // Each of the two parts waits for the other, so one thread could not do them.
        team.Run(2, new Call((_, _) => Assert.True(both.SignalAndWait(_patience, Cancel))));
    }

    [Fact]
    public async Task Callers_that_have_the_cores_between_them_do_not_wake_the_team()
    {
        using WorkerTeam team = new(2);
        using ManualResetEventSlim firstIsIn = new();
        using ManualResetEventSlim secondIsIn = new();
        using ManualResetEventSlim firstMayEnd = new();
        using ManualResetEventSlim secondMayEnd = new();
        Task first = Task.Run(() => team.Run(2, new Call((_, _) =>
        {
            firstIsIn.Set();
            Assert.True(firstMayEnd.Wait(_patience, Cancel));
        })), Cancel);
        Assert.True(firstIsIn.Wait(_patience, Cancel));

        // The team is busy: the second caller computes by itself.
        Task second = Task.Run(() => team.Run(2, new Call((_, worker) =>
        {
            Assert.Equal(0, worker);
            secondIsIn.Set();
            Assert.True(secondMayEnd.Wait(_patience, Cancel));
        })), Cancel);
        Assert.True(secondIsIn.Wait(_patience, Cancel));
        firstMayEnd.Set();
        await first;

        // The team is free, and the second caller has the other core. The parts are long enough for a worker to wake up.
        int thread = Environment.CurrentManagedThreadId;
        team.Run(20, new Call((_, _) =>
        {
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Thread.Sleep(2);
        }));
        secondMayEnd.Set();
        await second;
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_part_is_done_once_however_long_it_takes(int threads)
    {
        using WorkerTeam team = new(threads);
        int[] done = new int[1000];
        for (int count = 1; count <= done.Length; count = (count * 3 / 2) + 1)
        {
            Array.Clear(done);

            // A part in seven is long, and the first ranges have more of them: their workers are relieved of the rest.
            int all = count;
            team.Run(count, new Call((index, _) =>
            {
                Thread.SpinWait(index % 7 == 0 && index < all / 2 ? 500 : 1);
                Interlocked.Increment(ref done[index]);
            }));
            Assert.All(done[..count], times => Assert.Equal(1, times));
            Assert.All(done[count..], times => Assert.Equal(0, times));
        }
    }

    [Fact]
    public void A_worker_whose_range_is_done_takes_parts_of_one_that_is_held_up()
    {
        using WorkerTeam team = new(2);
        using ManualResetEventSlim othersAreDone = new();
        int left = 19;

        // The first part of the caller's range waits for all the others, so the second worker must do them.
        team.Run(20, new Call((index, _) =>
        {
            if (index == 0)
            {
                Assert.True(othersAreDone.Wait(_patience, Cancel));
            }
            else if (Interlocked.Decrement(ref left) == 0)
            {
                othersAreDone.Set();
            }
        }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(99)]
    public void A_part_that_fails_ends_the_loop_and_the_next_loop_is_whole(int failing)
    {
        using WorkerTeam team = new(2);
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => team.Run(100, new Call((index, _) =>
        {
            if (index == failing)
            {
                throw new InvalidOperationException($"part {index}");
            }
        })));
        Assert.Equal($"part {failing}", thrown.Message);

        int sum = 0;
        team.Run(100, new Call((index, _) => Interlocked.Add(ref sum, index)));
        Assert.Equal(4950, sum);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly struct Call(Action<int, int> part) : IJob
    {
        public void Invoke(int index, int worker) => part(index, worker);
    }
}
