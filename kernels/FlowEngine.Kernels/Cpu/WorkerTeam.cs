using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The threads of one CPU backend. The caller of <see cref="Run"/> is worker 0.</summary>
/// <remarks>
/// Parts are handed out by a counter, so who does what differs from run to run; results do not, because a part's result
/// depends only on its index. A loop is over when its parts are done: the caller waits for workers that have joined it,
/// never for one that other programs keep from its core. While the team is busy with one caller, another caller does all
/// parts on its own thread; and where such callers have the cores between them, nobody wakes the team.
/// <para>A process that forks has its teams rest before it (<see cref="RestAll"/>): they start again with their next loop.</para>
/// </remarks>
internal sealed unsafe class WorkerTeam : IDisposable
{
    // About 50 microseconds: longer than the gap between two loops of a training step, shorter than a time slice.
    private const int SpinsBeforeSleep = 2000;

    // A part takes some 10 microseconds: only after that is it likely that its worker has lost its core.
    private const int SpinsBeforeYield = 1000;

    // Parts are taken several at a time where there are many: the counter moves from core to core at each taking. What is
    // left to balance is an eighth of a thread's work.
    private const int TakingsPerThread = 8;

    // The state of a loop in one word: its number, whether it can be joined, and who is in it.
    private const int LoopShift = 32;
    private const long Open = 1L << 31;
    private const long Joined = Open - 1;

    private const int MostMillisecondsToRest = 1000;

    private static readonly List<WorkerTeam> _teams = [];

    private readonly Thread[] _threads;
    private readonly object _sleep = new();
    private int _sleepers;
    private int _busy;
    private int _alone;
    private long _state;
    private volatile bool _stopping;
    private bool _rests;
    private void* _job;
    private delegate*<void*, int, int, void> _invoke;
    private int _count;
    private int _taken;
    private int _next;
    private ExceptionDispatchInfo? _failure;

    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _threads = new Thread[threads - 1];
        StartThreads();
        lock (_teams)
        {
            _teams.Add(this);
        }
    }

    public int Threads => _threads.Length + 1;

    /// <summary>
    /// On Linux: ends the threads of every team that has no loop, because in a forked process they would be gone without a word.
    /// </summary>
    public static void RestAll()
    {
        lock (_teams)
        {
            int left = CountTasks();
            foreach (WorkerTeam team in _teams)
            {
                if (!team._rests && team._threads.Length > 0 && Interlocked.CompareExchange(ref team._busy, 1, 0) == 0)
                {
                    team.EndThreads();
                    team._rests = true;
                    left -= team._threads.Length;
                    Volatile.Write(ref team._busy, 0);
                }
            }

            // A thread that is over for this program still leaves the runtime and the system.
            long start = Environment.TickCount64;
            while (CountTasks() > left && Environment.TickCount64 - start < MostMillisecondsToRest)
            {
                Thread.Sleep(0);
            }
        }
    }

    /// <summary>Threads of this process, as Linux counts them.</summary>
    private static int CountTasks() => Directory.GetDirectories("/proc/self/task").Length;

    /// <summary>Calls <c>job.Invoke(index, worker)</c> once for every index below <paramref name="count"/>.</summary>
    public void Run<TJob>(int count, TJob job)
        where TJob : struct, IJob
    {
        if (count <= 1 || _threads.Length == 0)
        {
            RunAlone(count, job);
            return;
        }

        if (Volatile.Read(ref _alone) >= _threads.Length || Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            Interlocked.Increment(ref _alone);
            try
            {
                RunAlone(count, job);
            }
            finally
            {
                Interlocked.Decrement(ref _alone);
            }

            return;
        }

        if (_rests)
        {
            StartThreads();
        }

        // The job lives in this frame until every worker has left it.
        _job = Unsafe.AsPointer(ref job);
        _invoke = &Invoke<TJob>;
        _count = count;
        _taken = Math.Max(1, count / (TakingsPerThread * Threads));
        _next = 0;
        _failure = null;
        Begin(Open);
        TakeParts(0);
        Interlocked.And(ref _state, ~Open);
        for (int spins = 0; (Volatile.Read(ref _state) & Joined) != 0; spins++)
        {
            if (spins < SpinsBeforeYield)
            {
                Thread.SpinWait(1);
            }
            else
            {
                Thread.Yield();
            }
        }

        ExceptionDispatchInfo? failure = _failure;
        Volatile.Write(ref _busy, 0);
        failure?.Throw();
    }

    public void Dispose()
    {
        lock (_teams)
        {
            _teams.Remove(this);
        }

        if (!_rests)
        {
            EndThreads();
        }
    }

    private void StartThreads()
    {
        (_stopping, _rests) = (false, false);
        long seen = Volatile.Read(ref _state) >> LoopShift;
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker, seen)) { IsBackground = true, Name = $"FlowEngine {worker}" };
            _threads[i].Start();
        }
    }

    private void EndThreads()
    {
        _stopping = true;
        Begin(0);
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private static void RunAlone<TJob>(int count, TJob job)
        where TJob : struct, IJob
    {
        for (int i = 0; i < count; i++)
        {
            job.Invoke(i, 0);
        }
    }

    private static void Invoke<TJob>(void* job, int index, int worker)
        where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Invoke(index, worker);

    /// <summary>Announces the next loop. Nobody is in the last one, so the word is the caller's to write.</summary>
    private void Begin(long open)
    {
        long loop = (Volatile.Read(ref _state) >> LoopShift) + 1;

        // A full fence: either this sees a sleeper, or the sleeper sees the loop.
        Interlocked.Exchange(ref _state, (loop << LoopShift) | open);
        if (Volatile.Read(ref _sleepers) > 0)
        {
            lock (_sleep)
            {
                Monitor.PulseAll(_sleep);
            }
        }
    }

    private void Work(int worker, long seen)
    {
        while (true)
        {
            long state = WaitForLoop(seen);
            if (_stopping)
            {
                return;
            }

            seen = state >> LoopShift;
            while ((state & Open) != 0 && state >> LoopShift == seen)
            {
                long found = Interlocked.CompareExchange(ref _state, state + 1, state);
                if (found == state)
                {
                    TakeParts(worker);
                    Interlocked.Decrement(ref _state);
                    break;
                }

                state = found;
            }
        }
    }

    /// <summary>The state of a loop that this worker has not looked at.</summary>
    private long WaitForLoop(long seen)
    {
        long state;
        for (int i = 0; i < SpinsBeforeSleep; i++)
        {
            state = Volatile.Read(ref _state);
            if (state >> LoopShift != seen)
            {
                return state;
            }

            Thread.SpinWait(8);
        }

        // A condition, not a semaphore: a worker that is done early must not take the wake-up of one still asleep.
        lock (_sleep)
        {
            Interlocked.Increment(ref _sleepers);
            for (state = Volatile.Read(ref _state); state >> LoopShift == seen; state = Volatile.Read(ref _state))
            {
                Monitor.Wait(_sleep);
            }

            Interlocked.Decrement(ref _sleepers);
        }

        return state;
    }

    private void TakeParts(int worker)
    {
        try
        {
            int taken = _taken;
            int count = _count;
            for (int first = Take(taken); first < count; first = Take(taken))
            {
                int end = Math.Min(first + taken, count);
                for (int i = first; i < end; i++)
                {
                    _invoke(_job, i, worker);
                }
            }
        }
        catch (Exception exception)
        {
            // Rethrown by Run on the caller's thread; the remaining parts are dropped.
            _failure = ExceptionDispatchInfo.Capture(exception);
            Interlocked.Exchange(ref _next, _count);
        }
    }

    private int Take(int parts) => Interlocked.Add(ref _next, parts) - parts;
}
