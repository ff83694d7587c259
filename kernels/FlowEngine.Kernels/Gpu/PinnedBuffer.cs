namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// Host memory that a device copies from and to without a detour. Its owner disposes it after the copies.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public abstract class PinnedBuffer<T> : IDisposable
    where T : unmanaged
{
    /// <summary>The elements.</summary>
    public abstract Span<T> Span { get; }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
