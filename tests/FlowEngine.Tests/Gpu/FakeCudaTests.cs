using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Cuda;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>What the CUDA runner makes of a driver's errors, with the stand-in that fails when it is told to.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class FakeCudaTests
{
    private const string NoOpenCl = "/nowhere/libOpenCL.so";
    private const int MadeUp = 999;

    /// <summary>The calls whose failure an exception reports; how often each first succeeds.</summary>
    public static TheoryData<string, int> ReportedCalls => new()
    {
        { "cuDevicePrimaryCtxRetain", 0 },
        { "cuCtxPushCurrent_v2", 0 },
        { "cuCtxPushCurrent_v2", 7 },
        { "cuModuleLoadDataEx", 0 },
        { "cuModuleGetFunction", 0 },
        { "cuModuleGetFunction", 1 },
        { "cuFuncGetAttribute", 0 },
        { "cuFuncSetAttribute", 0 },
        { "cuLaunchKernel", 0 },
        { "cuLaunchKernel", 1 },
        { "cuMemGetInfo_v2", 0 },
        { "cuMemAlloc_v2", 0 },
        { "cuMemAlloc_v2", 1 },
        { "cuMemHostAlloc", 0 },
        { "cuPointerGetAttribute", 0 },
        { "cuPointerGetAttribute", 1 },
        { "cuPointerGetAttribute", 2 },
        { "cuStreamIsCapturing", 0 },
        { "cuMemcpyHtoDAsync_v2", 0 },
        { "cuMemcpyDtoHAsync_v2", 0 },
        { "cuMemcpyDtoDAsync_v2", 0 },
        { "cuMemsetD8Async", 0 },
        { "cuStreamCreate", 0 },
        { "cuStreamSynchronize", 0 },
        { "cuStreamWaitEvent", 0 },
        { "cuStreamBeginCapture_v2", 0 },
        { "cuStreamEndCapture", 0 },
        { "cuGraphInstantiateWithFlags", 0 },
        { "cuGraphDestroy", 0 },
        { "cuGraphLaunch", 0 },
        { "cuEventCreate", 0 },
        { "cuEventCreate", 2 },
        { "cuEventRecordWithFlags", 0 },
        { "cuEventRecordWithFlags", 2 },
        { "cuStreamWaitEvent", 1 },
        { "cuEventSynchronize", 0 },
        { "cuEventQuery", 0 },
        { "cuEventElapsedTime", 0 },
    };

    /// <summary>The calls that free: disposing never throws.</summary>
    public static TheoryData<string> SilentCalls =>
    [
        "cuMemFree_v2", "cuMemFreeHost", "cuStreamDestroy_v2", "cuEventDestroy_v2", "cuGraphExecDestroy",
        "cuModuleUnload", "cuDevicePrimaryCtxRelease_v2",
    ];

    public static TheoryData<int, GpuErrorKind> Kinds => new()
    {
        { 1, GpuErrorKind.InvalidOperation },
        { 2, GpuErrorKind.OutOfMemory },
        { 214, GpuErrorKind.DeviceLost },
        { 400, GpuErrorKind.InvalidOperation },
        { 700, GpuErrorKind.DeviceLost },
        { 701, GpuErrorKind.InvalidOperation },
        { 702, GpuErrorKind.DeviceLost },
        { 710, GpuErrorKind.DeviceLost },
        { 716, GpuErrorKind.DeviceLost },
        { 719, GpuErrorKind.DeviceLost },
        { 900, GpuErrorKind.InvalidOperation },
        { 999, GpuErrorKind.Driver },
    };

    [Fact]
    public void All_is_given_back_and_no_call_is_wrong()
    {
        Start();
        UseEverything();
        Assert.Equal(string.Empty, FakeCuda.Complaints);
        Assert.Equal(string.Empty, FakeCuda.Leaks);
        Assert.Equal(0, FakeCuda.Depth);
    }

    [Theory]
    [MemberData(nameof(ReportedCalls))]
    public void A_call_that_fails_is_an_error_that_names_it_and_leaves_nothing_behind(string call, int after)
    {
        GpuDrivers drivers = Start();
        FakeCuda.Fail(call, MadeUp, after);
        GpuException error = Assert.Throws<GpuException>(() => UseEverything(drivers));
        Assert.Equal(GpuErrorKind.Driver, error.Kind);
        Assert.Equal(MadeUp, error.Code);
        string name = call.Replace("_v2", string.Empty, StringComparison.Ordinal);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("CUDA_ERROR_FAKE: made up", error.Message, StringComparison.Ordinal);
        Assert.Equal(string.Empty, FakeCuda.Complaints);

        // Without a context nothing can be freed: what the call left behind is gone with it.
        if (call != "cuCtxPushCurrent_v2")
        {
            Assert.Equal(string.Empty, FakeCuda.Leaks);
        }
        else
        {
            FakeCuda.Forget();
        }

        Assert.Equal(0, FakeCuda.Depth);
    }

    [Theory]
    [MemberData(nameof(SilentCalls))]
    public void Disposing_does_not_throw(string call)
    {
        GpuDrivers drivers = Start();
        FakeCuda.Fail(call, MadeUp);
        UseEverything(drivers);
        Assert.Equal(string.Empty, FakeCuda.Complaints);
        Assert.Equal(string.Empty, FakeCuda.Leaks);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Results_have_kinds(int code, GpuErrorKind kind)
    {
        GpuDrivers drivers = Start();
        using (GpuDevice device = drivers.Open("cuda:0"))
        using (GpuStream stream = device.CreateStream())
        {
            FakeCuda.Fail("cuStreamSynchronize", code);
            GpuException error = Assert.Throws<GpuException>(stream.Synchronize);
            Assert.Equal(kind, error.Kind);
            Assert.Equal(code, error.Code);
        }

        Assert.Equal(string.Empty, FakeCuda.Complaints);
        FakeCuda.Forget();
    }

    [Fact]
    public void A_kernel_that_crashes_loses_the_device_for_every_later_call()
    {
        GpuDrivers drivers = Start();
        using GpuDevice device = drivers.Open("cuda:0");
        using GpuStream stream = device.CreateStream();
        FakeCuda.Fail("cuStreamSynchronize", 700);
        GpuException first = Assert.Throws<GpuException>(stream.Synchronize);
        Assert.Contains(
            "cuda:0: cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered",
            first.Message,
            StringComparison.Ordinal);
        GpuException later = Assert.Throws<GpuException>(() => device.Allocate<int>(1));
        Assert.Equal(GpuErrorKind.DeviceLost, later.Kind);
        device.Dispose();
        FakeCuda.Forget();
    }

    [Fact]
    public void Out_of_memory_says_how_much_was_asked_for_and_how_much_is_free()
    {
        using GpuDevice device = Start().Open("cuda:0");
        using GpuBuffer<byte> half = device.Allocate<byte>(1 << 29);
        GpuException error = Assert.Throws<GpuException>(() => device.Allocate<byte>(1 << 30));
        Assert.Equal(GpuErrorKind.OutOfMemory, error.Kind);
        Assert.Contains(
            "1073741824 bytes of memory were asked for, 536870912 of 1073741824 are free",
            error.Message,
            StringComparison.Ordinal);
        Assert.Contains("CUDA_ERROR_OUT_OF_MEMORY: out of memory", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Stale", "Stale_Nothing", "was made from another text (0000, expected of-the-text)")]
    [InlineData("Absent", "Absent_Nothing", "has no resource ptx/Absent.sm_80.ptx")]
    public void PTX_that_is_not_the_texts_is_refused_with_the_command(string name, string kernel, string says)
    {
        using GpuDevice device = Start().Open("cuda:0");
        GpuException error = Load(device, new TextModule(name, [], "of-the-text"), kernel);
        Assert.Equal(GpuErrorKind.StalePtx, error.Kind);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("run kernels/ptx/build.sh and build again", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_drivers_log_is_in_the_error_of_PTX_that_it_does_not_compile()
    {
        using GpuDevice device = Start().Open("cuda:0");
        GpuException error = Load(device, new TextModule("Broken", [], "broken"), "Broken_Nothing");
        Assert.Equal(GpuErrorKind.Compilation, error.Kind);
        Assert.Equal(218, error.Code);
        Assert.Contains("CUDA_ERROR_INVALID_PTX", error.Message, StringComparison.Ordinal);
        Assert.Contains("ptxas fatal : line 2: Missing .version directive", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_is_listed_with_what_the_driver_says()
    {
        GpuDrivers drivers = Start();
        Assert.Equal(["cuda:0", "emulator"], drivers.Devices.Select(device => device.Selector));
        Assert.Equal(
            new GpuDeviceInfo(GpuRunner.Cuda, 0, "stand-in 0", 1 << 30, "compute capability 8.0", 108, 166912),
            drivers.Devices[0]);
        Assert.Equal(["no OpenCL driver: /nowhere/libOpenCL.so was not found"], drivers.Missing);
    }

    [Theory]
    [InlineData("cuInit", 100, "cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected")]
    [InlineData("cuDriverGetVersion", MadeUp, "cuDriverGetVersion: CUDA_ERROR_FAKE: made up")]
    [InlineData("cuDeviceGetCount", MadeUp, "cuDeviceGetCount: CUDA_ERROR_FAKE: made up")]
    [InlineData("cuDeviceGetName", MadeUp, "cuda:0: cuDeviceGetName: CUDA_ERROR_FAKE: made up")]
    [InlineData("cuDeviceTotalMem_v2", MadeUp, "cuda:0: cuDeviceTotalMem: CUDA_ERROR_FAKE: made up")]
    [InlineData("cuDeviceGetAttribute", MadeUp, "cuda:0: cuDeviceGetAttribute: CUDA_ERROR_FAKE: made up")]
    public void A_driver_that_does_not_start_is_not_listed_and_says_why(string call, int code, string reason)
    {
        string library = FakeCuda.Path;
        FakeCuda.Reset();
        FakeCuda.Fail(call, code);
        GpuDrivers drivers = new(library, NoOpenCl);
        Assert.Equal(["emulator"], drivers.Devices.Select(device => device.Selector));
        Assert.Equal(reason, drivers.Missing[0]);
        GpuException error = Assert.Throws<GpuException>(() => drivers.Open("cuda:0"));
        Assert.Equal(GpuErrorKind.NoDevice, error.Kind);
        Assert.Contains("there is no device cuda:0; expected emulator", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_without_a_function_is_not_listed_and_says_which()
    {
        _ = FakeCuda.Path;
        (string library, _) = FakeCuda.Compile("old_cuda", "-DWITHOUT_ELAPSED_TIME", "-O0");
        GpuDrivers drivers = new(library, NoOpenCl);
        Assert.Equal(["emulator"], drivers.Devices.Select(device => device.Selector));
        Assert.Equal($"the CUDA driver is too old: {library} has no cuEventElapsedTime", drivers.Missing[0]);
    }

    [Fact]
    public void A_library_that_is_none_is_not_listed()
    {
        string library = Path.Combine(Path.GetDirectoryName(FakeCuda.Path)!, "fake_cuda.c");
        GpuDrivers drivers = new(library, NoOpenCl);
        Assert.Equal(["emulator"], drivers.Devices.Select(device => device.Selector));
        Assert.StartsWith("no CUDA driver: ", drivers.Missing[0], StringComparison.Ordinal);
    }

    private static GpuDrivers Start()
    {
        string library = FakeCuda.Path;
        FakeCuda.Reset();
        return new GpuDrivers(library, NoOpenCl);
    }

    private static GpuException Load(GpuDevice device, KernelModule module, string kernel)
    {
        using GpuStream stream = device.CreateStream();
        KernelDescriptor descriptor = RunnerKernels.Describe(kernel, module);
        return Assert.Throws<GpuException>(() => new KernelLaunch(stream, descriptor, new LaunchGrid(1)).Submit());
    }

    private static void UseEverything() => UseEverything(new GpuDrivers(FakeCuda.Path, NoOpenCl));

    // Every call of the driver at least once.
    private static void UseEverything(GpuDrivers drivers)
    {
        using GpuDevice device = drivers.Open("cuda:0");
        Assert.IsType<CudaDevice>(device);
        using GpuStream stream = device.CreateStream();
        using GpuEvent start = device.CreateEvent();
        using GpuEvent end = device.CreateEvent();
        using PinnedBuffer<float> pinned = device.AllocatePinned<float>(256);
        using GpuBuffer<float> x = device.Allocate<float>(256);
        using GpuBuffer<float> sum = device.Allocate<float>(1024);
        using GpuBuffer<int> data = device.Allocate<int>(RunnerKernels.ReverseBlock);
        device.MemoryInBytes();
        stream.Record(start);
        stream.CopyToDevice<float>(pinned.Span, x);
        stream.Clear<int>(data);
        RunnerKernels.Add(stream, x, x, sum, 256);
        RunnerKernels.Reverse(stream, data, 64 * 1024);
        stream.BeginCapture();
        stream.Copy(x.View, sum.View.Slice(0, 256));
        using GpuGraph graph = stream.EndCapture();
        stream.Launch(graph);
        stream.Record(end);
        stream.Wait(end);
        stream.CopyToHost(x, pinned.Span);
        stream.Synchronize();
        end.Synchronize();
        Assert.True(((CudaEvent)end).HasPassed());
        end.ElapsedSince(start);
        FakeCudaCaller caller = new(FakeCuda.Path);
        nint theirs = caller.Allocate(64);
        nint order = caller.CreateStream();
        try
        {
            stream.WaitFor(order);
            stream.Copy(device.Foreign<float>(theirs, 16, "x"), x.View.Slice(0, 16));
            stream.HoldUp(order);
        }
        finally
        {
            FakeCuda.Fail(string.Empty, 0);
            caller.Dispose();
        }
    }
}
