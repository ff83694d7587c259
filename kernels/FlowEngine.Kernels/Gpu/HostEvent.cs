using System.Diagnostics;

namespace FlowEngine.Kernels.Gpu;

/// <summary>A mark that the host sets when the work before it is done: the time of then.</summary>
internal sealed class HostEvent : GpuEvent
{
    private long _time;

    public void Set() => _time = Stopwatch.GetTimestamp();

    public override void Synchronize()
    {
        // The work before it was done when it was set.
    }

    public override TimeSpan ElapsedSince(GpuEvent earlier) =>
        Stopwatch.GetElapsedTime(((HostEvent)earlier)._time, _time);

    protected override void Dispose(bool disposing)
    {
    }
}
