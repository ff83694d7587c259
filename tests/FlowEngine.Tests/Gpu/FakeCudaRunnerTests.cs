using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// The CUDA runner on the stand-in for its driver, which notes every wrong call and what is left behind.
/// </summary>
[Collection(FakeCudaGroup.Name)]
public sealed class FakeCudaRunnerTests : DriverRunnerTests
{
    private bool _opened;

    [Fact]
    public void The_callers_context_is_put_back()
    {
        Assert.Equal(0, FakeCuda.Depth);
        using GpuStream stream = Device.CreateStream();
        stream.Synchronize();
        Assert.Throws<GpuException>(() => Device.Allocate<byte>(1L << 50));
        Assert.Equal(0, FakeCuda.Depth);
    }

    [Fact]
    public void A_stream_may_end_in_the_middle_of_a_capture()
    {
        using GpuBuffer<int> marks = Device.Allocate<int>(4);
        using GpuStream stream = Device.CreateStream();
        stream.BeginCapture();
        RunnerKernels.MarkGroups(stream, new LaunchGrid(4), marks);
    }

    protected override GpuDevice Open()
    {
        _opened = true;
        return FakeCuda.Open();
    }

    protected override void Closed()
    {
        if (_opened)
        {
            Assert.Equal(string.Empty, FakeCuda.Complaints);
        }
    }
}
