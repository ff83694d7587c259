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

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly struct Call(Action<int, int> part) : IJob
    {
        public void Invoke(int index, int worker) => part(index, worker);
    }
}
