using System.Diagnostics;

namespace FlowEngine.Ranks;

/// <summary>
/// A wait for other ranks, between two questions whether they are ready: at first without a pause, then between other processes of
/// the machine, then once in a millisecond.
/// </summary>
internal struct RankWait
{
    private const int EagerTests = 200;
    private const double SecondsUntilPause = 0.05;

    private long _start;
    private int _tests;

    /// <summary>Lets some time go by.</summary>
    /// <returns>True if the wait is long: then others may be lost.</returns>
    public bool Pause()
    {
        if (_tests++ == 0)
        {
            _start = Stopwatch.GetTimestamp();
        }

        if (_tests <= EagerTests)
        {
            return false;
        }

        if (Stopwatch.GetElapsedTime(_start).TotalSeconds <= SecondsUntilPause)
        {
            Thread.Yield();
            return false;
        }

        Thread.Sleep(1);
        return true;
    }
}
