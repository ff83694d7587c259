namespace FlowEngine.Kernels.Cpu;

/// <summary>What a <see cref="SplineJob"/> computes.</summary>
internal enum SplinePass
{
    Forward,
    Inverse,
    Backward,
}
