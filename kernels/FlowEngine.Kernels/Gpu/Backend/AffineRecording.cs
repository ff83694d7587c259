namespace FlowEngine.Kernels.Gpu;

/// <summary>Launches over many affine maps, one for each number of channels.</summary>
internal sealed class AffineRecording : IRecording
{
    private readonly AffineMaps _maps;
    private readonly Action<AffineMaps, AffineTable> _launch;

    /// <summary>Uploads the tables.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="view">A view's memory.</param>
    /// <param name="assemblies">The maps.</param>
    /// <param name="launch">Queues one launch.</param>
    public AffineRecording(
        GpuStream stream,
        Func<BufferView, GpuView<float>> view,
        IReadOnlyList<PixelAffineAssembly> assemblies,
        Action<AffineMaps, AffineTable> launch)
    {
        _maps = new AffineMaps(stream, view, assemblies);
        _launch = launch;
    }

    public void Run()
    {
        foreach (AffineTable table in _maps.Tables)
        {
            _launch(_maps, table);
        }
    }

    public void Dispose() => _maps.Dispose();
}
