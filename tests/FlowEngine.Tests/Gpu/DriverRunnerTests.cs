using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>What the runners with a driver do alike: memory that comes back, launches that allocate nothing.</summary>
public abstract class DriverRunnerTests : RunnerTests
{
    [Fact]
    public void Memory_is_kept_for_reuse_until_the_pool_is_trimmed()
    {
        const int Length = 1 << 20;

        long before = Device.MemoryInBytes().Free;
        GpuBuffer<byte> first = Device.Allocate<byte>(Length);
        Assert.Equal(before - Length, Device.MemoryInBytes().Free);
        first.Dispose();
        first.Dispose();
        Assert.Equal(before - Length, Device.MemoryInBytes().Free);
        using (GpuBuffer<byte> second = Device.Allocate<byte>(Length - 1))
        {
            Assert.Equal(before - Length, Device.MemoryInBytes().Free);
        }

        Device.TrimPool();
        Assert.Equal(before, Device.MemoryInBytes().Free);
    }

    [Fact]
    public void Memory_that_the_pool_keeps_is_given_back_before_an_allocation_fails()
    {
        // Five eighths of the device are kept by the pool; as much of another size class fits only without them.
        long total = Math.Min(Device.MemoryInBytes().Total, 1L << 30);
        Assert.SkipUnless(Device.MemoryInBytes().Total == total, "the device's memory is too large to fill it in a test");
        Device.Allocate<byte>(total / 8 * 5).Dispose();
        using GpuBuffer<byte> other = Device.Allocate<byte>(total / 8 * 6);
        Assert.Equal(total / 8 * 2, Device.MemoryInBytes().Free);
    }

    [Fact]
    public void Launches_copies_and_graphs_allocate_no_managed_memory()
    {
        using GpuStream stream = Device.CreateStream();
        using GpuEvent mark = Device.CreateEvent();
        using GpuBuffer<float> x = Filled(stream, Numbers(2048, 1));
        using GpuBuffer<float> sum = Device.Allocate<float>(1024);
        stream.BeginCapture();
        RunnerKernels.Add(stream, x.View.Slice(1024, 1024), x, sum, 1024);
        stream.Clear<float>(sum);
        using GpuGraph graph = stream.EndCapture();
        float[] got = new float[1024];
        long allocated = 0;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            RunnerKernels.Add(stream, x.View.Slice(1024, 1024), x, sum, 1024);
            stream.CopyToDevice<float>(got, sum);
            stream.Copy(x.View.Slice(0, 1024), sum);
            stream.Clear<float>(sum);
            stream.CopyToHost<float>(sum, got);
            stream.Launch(graph);
            stream.Record(mark);
            stream.Wait(mark);
            mark.Synchronize();
            stream.Synchronize();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_kernel_that_is_not_in_the_text_is_a_compilation_error_that_names_it()
    {
        using GpuStream stream = Device.CreateStream();
        KernelDescriptor kernel = RunnerKernels.Describe("RunnerKernels_Absent", RunnerKernels.Module());
        GpuException error = Assert.Throws<GpuException>(
            () => new KernelLaunch(stream, kernel, new LaunchGrid(1)).Submit());
        Assert.Equal(GpuErrorKind.Compilation, error.Kind);
        Assert.Contains("RunnerKernels_Absent", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Times_need_marks_that_were_set()
    {
        using GpuEvent first = Device.CreateEvent();
        using GpuEvent second = Device.CreateEvent();
        GpuException error = Assert.Throws<GpuException>(() => second.ElapsedSince(first));
        Assert.Equal(GpuErrorKind.InvalidOperation, error.Kind);
    }

    [Fact]
    public void Marks_and_graphs_of_another_device_are_refused()
    {
        using GpuDevice other = Open();
        using GpuStream stream = Device.CreateStream();
        using GpuStream otherStream = other.CreateStream();
        using GpuEvent mark = other.CreateEvent();
        otherStream.BeginCapture();
        using GpuGraph graph = otherStream.EndCapture();
        Assert.Throws<ArgumentException>(() => stream.Record(mark));
        Assert.Throws<ArgumentException>(() => stream.Wait(mark));
        Assert.Throws<ArgumentException>(() => stream.Launch(graph));
    }
}
