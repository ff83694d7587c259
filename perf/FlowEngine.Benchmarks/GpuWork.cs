namespace FlowEngine.Benchmarks;

/// <summary>What one launch of a kernel must do.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Launches">How often a training step launches it for each step of the flow.</param>
/// <param name="Operations">Multiply-adds of products as two, padding included.</param>
/// <param name="Bytes">Bytes of device memory, each array once.</param>
/// <param name="CacheBytes">Bytes of weights or operands that groups read from the level 2 cache.</param>
internal readonly record struct GpuWork(string Name, int Launches, double Operations, double Bytes, double CacheBytes);
