using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Backends;

public sealed class OpenClBackendTests : BackendTests
{
    protected override IBackend CreateBackend()
    {
        Assert.SkipUnless(
            GpuDevices.List().Any(device => device.Runner == GpuRunner.OpenCl),
            "there is no OpenCL device: apt-get install pocl-opencl-icd");
        return new GpuBackend(GpuDevices.Open("opencl:0"));
    }
}
