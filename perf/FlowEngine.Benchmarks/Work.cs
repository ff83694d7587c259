namespace FlowEngine.Benchmarks;

/// <summary>What one call costs, whoever does it.</summary>
/// <param name="Operations">Floating-point operations, a multiply-add as two; 0 where products are not what takes the
/// time.</param>
/// <param name="Bytes">Bytes of float32 that must be read and written: each array once.</param>
internal readonly record struct Work(double Operations, double Bytes);
