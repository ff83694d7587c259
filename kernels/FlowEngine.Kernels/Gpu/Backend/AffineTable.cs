namespace FlowEngine.Kernels.Gpu;

/// <summary>Where the parts of many affine maps of equal channels lie: a row of numbers for each.</summary>
internal sealed class AffineTable : IDisposable
{
    private readonly GpuBuffer<long> _rows;

    /// <summary>Uploads the rows.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="channels">C.</param>
    /// <param name="count">How many maps.</param>
    /// <param name="rows">The rows, in the order of the kernels' entries.</param>
    public AffineTable(GpuStream stream, int channels, int count, ReadOnlySpan<long> rows)
    {
        Channels = channels;
        Count = count;
        _rows = stream.Device.Allocate<long>(rows.Length);
        stream.CopyToDevice(rows, _rows.View);
    }

    public int Channels { get; }

    public int Count { get; }

    public GpuView<long> Rows => _rows.View;

    public void Dispose() => _rows.Dispose();
}
