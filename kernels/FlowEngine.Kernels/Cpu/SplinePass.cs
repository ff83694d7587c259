namespace FlowEngine.Kernels.Cpu;

/// <summary>What a <see cref="SplineJob{TLanes}"/> computes.</summary>
internal enum SplinePass
{
    Forward,
    Inverse,
    Backward,
}
