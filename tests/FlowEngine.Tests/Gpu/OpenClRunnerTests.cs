using System.Text;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>The first OpenCL device of the machine; PoCL where there is no GPU.</summary>
public sealed class OpenClRunnerTests : DriverRunnerTests
{
    [Fact]
    public void A_listed_device_has_what_kernels_need()
    {
        GpuDeviceInfo info = Device.Info;
        Assert.Equal("opencl:0", info.Selector);
        Assert.StartsWith("OpenCL ", info.Version, StringComparison.Ordinal);
        Assert.NotEmpty(info.Name);
        Assert.True(info.MemoryInBytes > 0);
        Assert.True(info.Multiprocessors > 0);
        Assert.InRange(info.MaxSharedBytesPerGroup, 32 * 1024, 227 * 1024);
    }

    [Fact]
    public void Text_that_does_not_compile_is_an_error_with_the_drivers_log()
    {
        using GpuStream stream = Device.CreateStream();
        TextModule module = new("Wrong", Encoding.UTF8.GetBytes("KERNEL(32) void Wrong_K(GOUT(int, x)) { VIEW_OUT(int, x); x[0] = nowhere; }"), "");
        KernelDescriptor kernel = RunnerKernels.Describe("Wrong_K", module);
        GpuException error = Assert.Throws<GpuException>(
            () => new KernelLaunch(stream, kernel, new LaunchGrid(1)).Submit());
        Assert.Equal(GpuErrorKind.Compilation, error.Kind);
        Assert.NotEqual(0, error.Code);
        Assert.Contains("Wrong", error.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_for_CUDA_alone_is_refused()
    {
        using GpuStream stream = Device.CreateStream();
        KernelDescriptor kernel = RunnerKernels.Describe("Fast_OnCuda", RunnerKernels.Module(), portable: false);
        Refused(() => new KernelLaunch(stream, kernel, new LaunchGrid(1)).Submit(), "runs only on CUDA");
    }

    [Fact]
    public void A_graph_outlives_the_stream_that_recorded_it()
    {
        using GpuBuffer<int> marks = Device.Allocate<int>(4);
        GpuGraph graph;
        using (GpuStream stream = Device.CreateStream())
        {
            stream.BeginCapture();
            RunnerKernels.MarkGroups(stream, new LaunchGrid(4), marks);
            graph = stream.EndCapture();
        }

        using GpuStream other = Device.CreateStream();
        other.Launch(graph);
        int[] got = new int[4];
        other.CopyToHost<int>(marks, got);
        other.Synchronize();
        graph.Dispose();
        Assert.Equal([1, 2, 3, 4], got);
        Assert.Throws<ObjectDisposedException>(() => other.Launch(graph));
    }

    protected override GpuDevice Open()
    {
        GpuDrivers drivers = new("/nowhere/libcuda.so", null);
        Assert.SkipUnless(
            drivers.Devices.Any(device => device.Runner == GpuRunner.OpenCl), string.Join("; ", drivers.Missing));
        return drivers.Open("opencl:0");
    }
}
