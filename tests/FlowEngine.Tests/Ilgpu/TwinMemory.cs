using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>Memory on both sides of a <see cref="TwinDevice"/>.</summary>
internal sealed class TwinMemory(GpuDevice device, GpuMemory ilgpu, GpuMemory cuda) : GpuMemory(device, ilgpu.LengthInBytes)
{
    public GpuMemory Ilgpu { get; } = ilgpu;

    public GpuMemory Cuda { get; } = cuda;

    public override void Dispose()
    {
        Ilgpu.Dispose();
        Cuda.Dispose();
    }
}
