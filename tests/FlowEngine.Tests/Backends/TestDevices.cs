using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>Devices that a machine may lack.</summary>
internal static class TestDevices
{
    /// <summary>A backend on the first OpenCL device, or the test is skipped and counted.</summary>
    public static GpuBackend OpenClOrSkip(NetworkPrecision precision = NetworkPrecision.Full)
    {
        SkipWithoutOpenCl();
        return GpuBackend.Open("opencl:0", precision);
    }

    /// <summary>Skips the test where there is no OpenCL device.</summary>
    public static void SkipWithoutOpenCl() => Assert.SkipUnless(
        GpuDevices.List().Any(device => device.Runner == GpuRunner.OpenCl),
        "there is no OpenCL device: apt-get install pocl-opencl-icd");
}
