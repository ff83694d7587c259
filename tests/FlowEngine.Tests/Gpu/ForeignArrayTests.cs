using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>Arrays and streams of another library in one process, on the stand-in for the CUDA driver.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class ForeignArrayTests : IDisposable
{
    private readonly GpuDevice _device;
    private readonly GpuBackend _backend;
    private readonly FakeCudaCaller _caller;

    public ForeignArrayTests()
    {
        _device = FakeCuda.Open();
        _backend = new GpuBackend(_device, ownsDevice: false);
        _caller = new FakeCudaCaller(FakeCuda.Path);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Work_comes_after_what_the_callers_stream_had_and_before_what_it_gets_and_the_host_does_not_wait(int given)
    {
        // 0, 1 and 2 are the default streams of a context.
        nint stream = given < 0 ? _caller.CreateStream() : given;
        (nint source, nint target) = (_caller.Allocate(16), _caller.Allocate(16));
        FakeCuda.BeLazy();
        _caller.Write<float>([1, 2, 3, 4], source, stream);
        int waits = FakeCuda.Waits;
        _backend.RunWithin(stream, () => _backend.Copy(
            _backend.Borrow(_backend.Foreign<float>(source, 4, "x")),
            _backend.Borrow(_backend.Foreign<float>(target, 4, "y"))));
        Assert.Equal(waits, FakeCuda.Waits);
        Assert.Equal([1, 2, 3, 4], _caller.Read<float>(target, 4, stream));
        Assert.Equal(string.Empty, FakeCuda.Complaints);
    }

    [Fact]
    public void Without_the_order_the_stand_in_would_read_what_was_there_before()
    {
        nint stream = _caller.CreateStream();
        (nint source, nint target) = (_caller.Allocate(16), _caller.Allocate(16));
        FakeCuda.BeLazy();
        _caller.Write<float>([1, 2, 3, 4], source, stream);
        _backend.Copy(
            _backend.Borrow(_backend.Foreign<float>(source, 4, "x")),
            _backend.Borrow(_backend.Foreign<float>(target, 4, "y")));
        Assert.NotEqual([1, 2, 3, 4], _caller.Read<float>(target, 4, stream));
    }

    [Fact]
    public void The_callers_stream_waits_also_where_the_work_fails()
    {
        nint stream = _caller.CreateStream();
        (nint source, nint target) = (_caller.Allocate(16), _caller.Allocate(16));
        FakeCuda.BeLazy();
        _caller.Write<float>([1, 2, 3, 4], source, stream);
        Assert.Throws<InvalidOperationException>(() => _backend.RunWithin(stream, () =>
        {
            _backend.Copy(
                _backend.Borrow(_backend.Foreign<float>(source, 4, "x")),
                _backend.Borrow(_backend.Foreign<float>(target, 4, "y")));
            throw new InvalidOperationException("half way");
        }));
        Assert.Equal([1, 2, 3, 4], _caller.Read<float>(target, 4, stream));
    }

    [Fact]
    public void What_is_no_memory_of_the_device_is_refused()
    {
        nint pointer = _caller.Allocate(64);
        using PinnedBuffer<byte> pinned = _device.AllocatePinned<byte>(64);
        nint host;
        unsafe
        {
            fixed (byte* first = pinned.Span)
            {
                host = (nint)first;
            }
        }

        Refused(() => _backend.Foreign<float>(0, 4, "x"), "x at 0x0: the driver does not know it");
        Refused(() => _backend.Foreign<float>(0x1234, 4, "x"), "the driver does not know it");
        Refused(() => _backend.Foreign<float>(host, 4, "x"), "it is host memory");
        Refused(() => _backend.Foreign<float>(pointer, 17, "x"), "the driver does not know it");
        Refused(() => _backend.Foreign<float>(pointer + 2, 4, "x"), "aligned to 4 bytes");
        Refused(() => _backend.Foreign<double>(pointer + 4, 4, "x"), "aligned to 8 bytes");
        Refused(() => _backend.Foreign<float>(pointer, 0, "x"), "expected 0 values");
        Assert.Equal(16, _backend.Foreign<float>(pointer, 16, "x").Length);
        Assert.Equal(string.Empty, FakeCuda.Complaints);
    }

    [Fact]
    public void Memory_of_another_context_is_refused()
    {
        using FakeCudaCaller other = new(FakeCuda.Path, ownsContext: true);
        nint pointer = other.Allocate(64);
        Refused(() => _backend.Foreign<float>(pointer, 16, "x"), "it is in another CUDA context of this GPU");
    }

    [Fact]
    public void A_device_works_in_the_context_of_another_library_and_leaves_it()
    {
        using FakeCudaCaller other = new(FakeCuda.Path, ownsContext: true);
        nint stream = other.CreateStream();
        (nint source, nint target) = (other.Allocate(16), other.Allocate(16));
        GpuDevice device = new GpuDrivers(FakeCuda.Path, "/nowhere/libOpenCL.so").Attach(0, other.Context);
        using (GpuBackend backend = new(device))
        {
            FakeCuda.BeLazy();
            other.Write<float>([1, 2, 3, 4], source, stream);
            backend.RunWithin(stream, () => backend.Copy(
                backend.Borrow(backend.Foreign<float>(source, 4, "x")),
                backend.Borrow(backend.Foreign<float>(target, 4, "y"))));
            nint pointer = _caller.Allocate(16);
            Refused(() => backend.Foreign<float>(pointer, 4, "x"), "it is in another CUDA context of this GPU");
        }

        Assert.Equal([1, 2, 3, 4], other.Read<float>(target, 4, stream));
        Assert.Equal(string.Empty, FakeCuda.Complaints);
    }

    [Fact]
    public void A_device_is_attached_only_to_a_device_that_there_is()
    {
        GpuDrivers drivers = new(FakeCuda.Path, "/nowhere/libOpenCL.so");
        GpuException error = Assert.Throws<GpuException>(() => drivers.Attach(1, _caller.Context));
        Assert.Equal(GpuErrorKind.NoDevice, error.Kind);
        Assert.Contains("there is no device cuda:1; expected cuda:0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_captures_is_refused_before_anything_is_queued()
    {
        nint stream = _caller.CreateStream();
        _caller.BeginCapture(stream);
        Refused(() => _backend.RunWithin(stream, () => Assert.Fail("the work ran")), "captures a graph");
    }

    [Fact]
    public void Other_devices_have_neither()
    {
        using GpuBackend emulator = GpuBackend.Open("emulator");
        Refused(() => emulator.Foreign<float>(0x1000, 4, "x"), "emulator: x is a CUDA device pointer");
        Refused(() => emulator.RunWithin(0, () => Assert.Fail("the work ran")), "expected cuda");
    }

    public void Dispose()
    {
        _backend.Dispose();
        _caller.Dispose();
        _device.Dispose();
        FakeCuda.Reset();
    }

    private static void Refused(Action call, string says)
    {
        GpuException error = Assert.Throws<GpuException>(call);
        Assert.Equal(GpuErrorKind.BadHandle, error.Kind);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }
}
