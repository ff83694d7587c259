using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The threads of one CPU backend. The caller of <see cref="Run"/> is worker 0.</summary>
/// <remarks>
/// A worker begins with a range of the parts of its own, the same for the same count, so that what one loop writes is in the
/// cache of the core that reads it in the next; when it is done it takes parts from the ends of the others' ranges. Who
/// does what differs from run to run; results do not, because a part's result depends only on its index. A loop is over when its parts are done: the caller waits for workers that have joined it,
/// never for one that other programs keep from its core. While the team is busy with one caller, another caller does all
/// parts on its own thread; and where such callers have the cores between them, nobody wakes the team.
/// <para>A process that forks has its teams rest before it (<see cref="RestAll"/>): they start again with their next loop.</para>
/// </remarks>
internal sealed unsafe class WorkerTeam : IDisposable
{
    // Some 0.3 to 0.6 milliseconds: longer than the gap between two loops of a training step, shorter than a time slice.
    private const int SpinsBeforeSleep = 2000;

    // A part takes some 10 microseconds: only after that is it likely that its worker has lost its core.
    private const int SpinsBeforeYield = 1000;

    // Parts are taken several at a time where there are many. What is left to balance is an eighth of a thread's work.
    private const int TakingsPerThread = 8;

    // Elements between words that different threads write: two cache lines, because processors fetch lines in pairs.
    private const int Apart = 128 / sizeof(long);

    // The state of a loop in one word: its number, whether it can be joined, and who is in it.
    private const int LoopShift = 32;
    private const long Open = 1L << 31;
    private const long Joined = Open - 1;

    private const int MostMillisecondsToRest = 1000;

    private static readonly List<WorkerTeam> _teams = [];

    private readonly Thread[] _threads;
    private readonly object _sleep = new();

    // The state of the loop, then for each worker what is left of its range: first part << 32 | end.
    private readonly long[] _words;
    private int _sleepers;
    private int _busy;
    private int _alone;
    private volatile bool _stopping;
    private bool _rests;
    private void* _job;
    private delegate*<void*, int, int, void> _invoke;
    private int _taken;
    private ExceptionDispatchInfo? _failure;

    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _threads = new Thread[threads - 1];
        _words = new long[(threads + 3) * Apart];
        StartThreads();
        lock (_teams)
        {
            _teams.Add(this);
        }
    }

    public int Threads => _threads.Length + 1;

    private ref long State => ref _words[Apart];

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
        _taken = Math.Max(1, count / (TakingsPerThread * Threads));
        _failure = null;
        Divide(count);
        Begin(Open);
        TakeParts(0);
        Interlocked.And(ref State, ~Open);
        for (int spins = 0; (Volatile.Read(ref State) & Joined) != 0; spins++)
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
        long seen = Volatile.Read(ref State) >> LoopShift;
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
        long loop = (Volatile.Read(ref State) >> LoopShift) + 1;

        // A full fence: either this sees a sleeper, or the sleeper sees the loop.
        Interlocked.Exchange(ref State, (loop << LoopShift) | open);
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
                long found = Interlocked.CompareExchange(ref State, state + 1, state);
                if (found == state)
                {
                    TakeParts(worker);
                    Interlocked.Decrement(ref State);
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
            state = Volatile.Read(ref State);
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
            for (state = Volatile.Read(ref State); state >> LoopShift == seen; state = Volatile.Read(ref State))
            {
                Monitor.Wait(_sleep);
            }

            Interlocked.Decrement(ref _sleepers);
        }

        return state;
    }

    private void Divide(int count)
    {
        (int parts, int longer) = Math.DivRem(count, Threads);
        long first = 0;
        for (int worker = 0; worker < Threads; worker++)
        {
            long end = first + parts + (worker < longer ? 1 : 0);
            Volatile.Write(ref RangeOf(worker), (first << 32) | end);
            first = end;
        }
    }

    private void TakeParts(int worker)
    {
        try
        {
            for (int turn = 0; turn < Threads; turn++)
            {
                ref long range = ref RangeOf((worker + turn) % Threads);
                while (TryTake(ref range, turn == 0, out int first, out int end))
                {
                    for (int i = first; i < end; i++)
                    {
                        _invoke(_job, i, worker);
                    }
                }
            }
        }
        catch (Exception exception)
        {
            // Rethrown by Run on the caller's thread; the remaining parts are dropped.
            _failure = ExceptionDispatchInfo.Capture(exception);
            for (int other = 0; other < Threads; other++)
            {
                Interlocked.Exchange(ref RangeOf(other), 0);
            }
        }
    }

    private ref long RangeOf(int worker) => ref _words[(worker + 2) * Apart];

    /// <summary>Takes parts from the front of a worker's own range, or from the end of another's.</summary>
    private bool TryTake(ref long range, bool own, out int first, out int end)
    {
        long left = Volatile.Read(ref range);
        while (true)
        {
            (first, end) = ((int)(left >> 32), (int)left);
            int taken = Math.Min(_taken, end - first);
            if (taken == 0)
            {
                return false;
            }

            long rest = own ? left + ((long)taken << 32) : left - taken;
            long found = Interlocked.CompareExchange(ref range, rest, left);
            if (found == left)
            {
                (first, end) = own ? (first, first + taken) : (end - taken, end);
                return true;
            }

            left = found;
        }
    }
}
