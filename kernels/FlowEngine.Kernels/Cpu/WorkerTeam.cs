using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The threads of one CPU backend. The caller of <see cref="Run"/> is worker 0.</summary>
/// <remarks>
/// Parts are handed out by a counter, so who does what differs from run to run; results do not, because a part's result
/// depends on its index alone. While the team is busy with one caller, another caller does all parts on its own thread.
/// A worker that comes late, because the system gave its core to somebody else, finds the loop closed and is not waited
/// for: on a busy machine a team is never slower than its caller alone.
/// </remarks>
internal sealed unsafe class WorkerTeam : IDisposable
{
    // About 50 microseconds: longer than the gap between two loops of a training step, shorter than a time slice.
    private const int SpinsBeforeSleep = 2000;

    // In _gate: nobody may enter any more. The other bits count who is inside.
    private const int Closed = 1 << 30;

    private readonly Thread[] _threads;
    private readonly object _sleep = new();
    private int _sleepers;
    private int _busy;
    private volatile int _generation;
    private volatile bool _stopping;
    private void* _job;
    private delegate*<void*, int, int, void> _invoke;
    private int _count;
    private int _next;
    private int _gate = Closed;
    private ExceptionDispatchInfo? _failure;

    public WorkerTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"FlowEngine {worker}" };
            _threads[i].Start();
        }
    }

    public int Threads => _threads.Length + 1;

    /// <summary>Calls <c>job.Invoke(index, worker)</c> once for every index below <paramref name="count"/>.</summary>
    public void Run<TJob>(int count, TJob job)
        where TJob : struct, IJob
    {
        if (count <= 1 || _threads.Length == 0 || Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            for (int i = 0; i < count; i++)
            {
                job.Invoke(i, 0);
            }

            return;
        }

        // The job lives in this frame until every worker that entered has left it.
        _job = Unsafe.AsPointer(ref job);
        _invoke = &Invoke<TJob>;
        _count = count;
        _next = 0;
        _failure = null;
        Volatile.Write(ref _gate, 0);
        Interlocked.Increment(ref _generation);
        WakeSleepers();
        TakeParts(0);
        Interlocked.Or(ref _gate, Closed);
        SpinWait spin = default;
        while (Volatile.Read(ref _gate) != Closed)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        ExceptionDispatchInfo? failure = _failure;
        Volatile.Write(ref _busy, 0);
        failure?.Throw();
    }

    public void Dispose()
    {
        _stopping = true;
        Interlocked.Increment(ref _generation);
        WakeSleepers();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private static void Invoke<TJob>(void* job, int index, int worker)
        where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Invoke(index, worker);

    private void Work(int worker)
    {
        int seen = 0;
        while (true)
        {
            WaitForWork(seen);
            if (_stopping)
            {
                return;
            }

            seen = _generation;
            if (TryEnter())
            {
                TakeParts(worker);
                Interlocked.Decrement(ref _gate);
            }
        }
    }

    private bool TryEnter()
    {
        int inside = Volatile.Read(ref _gate);
        while (inside < Closed)
        {
            int found = Interlocked.CompareExchange(ref _gate, inside + 1, inside);
            if (found == inside)
            {
                return true;
            }

            inside = found;
        }

        return false;
    }

    private void WaitForWork(int seen)
    {
        for (int i = 0; i < SpinsBeforeSleep; i++)
        {
            if (_generation != seen)
            {
                return;
            }

            Thread.SpinWait(8);
        }

        // A condition, not a semaphore: a worker that is done early must not take the wake-up of one still asleep.
        lock (_sleep)
        {
            _sleepers++;
            while (_generation == seen)
            {
                Monitor.Wait(_sleep);
            }

            _sleepers--;
        }
    }

    private void WakeSleepers()
    {
        lock (_sleep)
        {
            if (_sleepers > 0)
            {
                Monitor.PulseAll(_sleep);
            }
        }
    }

    private void TakeParts(int worker)
    {
        try
        {
            for (int i = Interlocked.Increment(ref _next) - 1; i < _count; i = Interlocked.Increment(ref _next) - 1)
            {
                _invoke(_job, i, worker);
            }
        }
        catch (Exception exception)
        {
            // Rethrown by Run on the caller's thread; the remaining parts are dropped.
            _failure = ExceptionDispatchInfo.Capture(exception);
            Interlocked.Exchange(ref _next, _count);
        }
    }
}
