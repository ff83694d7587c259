namespace FlowEngine.Tests.Training;

/// <summary>What a repeated action allocates on the managed heap of its thread.</summary>
internal static class SteadyAllocation
{
    /// <summary>Repetitions of a window.</summary>
    public const int Repeats = 20;

    private const int Windows = 5;

    /// <summary>
    /// Bytes in the best of some windows: what every repetition allocates is in all of them, and what the runtime allocates
    /// once, such as for code that is compiled anew or a first wait for a worker, is not.
    /// </summary>
    public static long Of(Action action)
    {
        long fewest = long.MaxValue;
        for (int window = 0; window < Windows; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Repeats; i++)
            {
                action();
            }

            fewest = Math.Min(fewest, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return fewest;
    }
}
