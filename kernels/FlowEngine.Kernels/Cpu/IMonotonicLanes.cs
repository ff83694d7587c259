using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Sixteen values of a <see cref="MonotonicMap"/> at once. Raw numbers and their gradients are [number][16 lanes].</summary>
internal unsafe interface IMonotonicLanes
{
    /// <summary>The scratch memory of the functions, in floats.</summary>
    int ScratchLength { get; }

    /// <summary>y, and ln dy/dx.</summary>
    Vector512<float> Forward(float* raw, float* scratch, Vector512<float> x, out Vector512<float> logSlope);

    /// <summary>x.</summary>
    Vector512<float> Inverse(float* raw, float* scratch, Vector512<float> y);

    /// <summary>The gradient of x; those of the raw numbers are overwritten.</summary>
    Vector512<float> Backward(
        float* raw, float* scratch, Vector512<float> x, Vector512<float> dy, Vector512<float> dLogDet, float* dRaw);
}
