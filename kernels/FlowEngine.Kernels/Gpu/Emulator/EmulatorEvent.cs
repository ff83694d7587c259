using System.Diagnostics;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>A mark in a stream whose work is done at once: the time it was set.</summary>
internal sealed class EmulatorEvent : GpuEvent
{
    private long _time;

    public void Set() => _time = Stopwatch.GetTimestamp();

    public override void Synchronize()
    {
        // The work before it was done when it was set.
    }

    public override TimeSpan ElapsedSince(GpuEvent earlier) =>
        Stopwatch.GetElapsedTime(((EmulatorEvent)earlier)._time, _time);

    protected override void Dispose(bool disposing)
    {
    }
}
