using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>The first NVIDIA GPU of the machine.</summary>
public sealed class CudaRunnerTests : RunnerTests
{
    protected override GpuDevice Open()
    {
        GpuDrivers drivers = new(null, "/nowhere/libOpenCL.so");
        Assert.SkipUnless(
            drivers.Devices.Any(device => device.Selector == "cuda:0"), string.Join("; ", drivers.Missing));
        return drivers.Open("cuda:0");
    }
}
