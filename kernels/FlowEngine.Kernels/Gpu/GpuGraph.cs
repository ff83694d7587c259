namespace FlowEngine.Kernels.Gpu;

/// <summary>Work recorded from a stream. The memory it names must live as long as it is launched.</summary>
public abstract class GpuGraph : IDisposable
{
    /// <summary>Frees the recording.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the recording.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
