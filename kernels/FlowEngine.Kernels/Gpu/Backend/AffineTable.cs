namespace FlowEngine.Kernels.Gpu;

/// <summary>Where the parts of many affine maps of equal channels lie: a row of numbers for each.</summary>
/// <param name="Channels">C.</param>
/// <param name="Count">How many maps.</param>
/// <param name="Rows">The rows, in the order of the kernels' entries.</param>
internal sealed record AffineTable(int Channels, int Count, GpuBuffer<long> Rows);
