namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// What a device has made and its owners have not yet disposed, so that the device can free it at its own end.
/// </summary>
internal sealed class LiveObjects
{
    private readonly HashSet<IDisposable> _objects = [];
    private readonly Lock _lock = new();

    public void Add(IDisposable made)
    {
        lock (_lock)
        {
            _objects.Add(made);
        }
    }

    public void Remove(IDisposable freed)
    {
        lock (_lock)
        {
            _objects.Remove(freed);
        }
    }

    /// <summary>Frees all; streams first, since they wait for the work that uses the rest.</summary>
    public void Dispose()
    {
        IDisposable[] left;
        lock (_lock)
        {
            left = [.. _objects.OrderBy(made => made is GpuStream ? 0 : 1)];
            _objects.Clear();
        }

        foreach (IDisposable made in left)
        {
            made.Dispose();
        }
    }
}
