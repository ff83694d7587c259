using System.Runtime.ExceptionServices;

namespace FlowEngine.Anomalies;

/// <summary>A loop on threads that end with it: a forked process would wait for those of a pool, which it does not have.</summary>
internal static class OwnThreads
{
    /// <summary>Calls <paramref name="body"/> once for every index below <paramref name="count"/>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="body">What is done; its first exception ends the loop and is thrown.</param>
    /// <param name="cancel">Stops between two of them.</param>
    public static void For(int count, Action<int> body, CancellationToken cancel)
    {
        int next = -1;
        ExceptionDispatchInfo? failure = null;
        Thread[] threads = new Thread[Math.Max(0, Math.Min(count, Environment.ProcessorCount) - 1)];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true };
            threads[i].Start();
        }

        Work();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        failure?.Throw();

        void Work()
        {
            try
            {
                for (int i; Volatile.Read(ref failure) is null && (i = Interlocked.Increment(ref next)) < count;)
                {
                    cancel.ThrowIfCancellationRequested();
                    body(i);
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
            }
        }
    }
}
