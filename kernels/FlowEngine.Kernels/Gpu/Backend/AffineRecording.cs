namespace FlowEngine.Kernels.Gpu;

/// <summary>Launches over many affine maps.</summary>
internal sealed class AffineRecording(AffineMaps maps, Action<AffineTable> launch) : IRecording
{
    public void Run()
    {
        foreach (AffineTable table in maps.Tables)
        {
            launch(table);
        }
    }

    public void Dispose() => maps.Dispose();
}
