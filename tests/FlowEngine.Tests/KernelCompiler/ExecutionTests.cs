using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Kernels of this project, as the emulator runs them, against plain C#.</summary>
public sealed class ExecutionTests
{
    [Fact]
    public void Elementwise_kernel_computes_every_element()
    {
        float[] x = [.. Enumerable.Range(0, 1000).Select(i => i * 0.25f)];
        using var device = new EmulatorDevice();
        using GpuStream stream = device.CreateStream();
        using GpuBuffer<float> input = device.Allocate<float>(x.Length);
        using GpuBuffer<float> output = device.Allocate<float>(x.Length);
        stream.CopyToDevice<float>(x, input);
        ElementwiseKernels.Affine(stream, LaunchGrid.Cover(x.Length, 256), input, output, 3, x.Length);
        float[] y = new float[x.Length];
        stream.CopyToHost<float>(output, y);
        stream.Synchronize();
        Assert.Equal(x.Select(v => (3 * v) + 0.5f), y);
    }
}
