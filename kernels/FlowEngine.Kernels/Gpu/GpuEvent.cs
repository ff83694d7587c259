namespace FlowEngine.Kernels.Gpu;

/// <summary>A mark in a stream's work.</summary>
public abstract class GpuEvent : IDisposable
{
    /// <summary>Waits until the work before the mark is done; at once if it was never set.</summary>
    public abstract void Synchronize();

    /// <summary>The time the device took from an earlier mark to this one; both must be done.</summary>
    /// <param name="earlier">The earlier mark.</param>
    public abstract TimeSpan ElapsedSince(GpuEvent earlier);

    /// <summary>Frees the mark.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the mark.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
