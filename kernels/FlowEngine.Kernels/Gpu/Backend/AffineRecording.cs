namespace FlowEngine.Kernels.Gpu;

/// <summary>Launches over many affine maps, one for each number of channels.</summary>
/// <param name="maps">The maps; disposed with this.</param>
/// <param name="launch">Queues one launch.</param>
internal sealed class AffineRecording(AffineMaps maps, Action<AffineMaps, AffineTable> launch) : IRecording
{
    public void Run()
    {
        foreach (AffineTable table in maps.Tables)
        {
            launch(maps, table);
        }
    }

    public void Dispose() => maps.Dispose();
}
