using System.Runtime.InteropServices;
using FlowEngine.Ilgpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tests.Gpu;
using FlowEngine.Tests.Models;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using Xunit;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>Models in the context of ILGPU's CUDA accelerator, in turn with its streams, on the stand-in for the driver.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class CudaViewTests : IDisposable
{
    private const int Rows = 3;
    private readonly Context _context;
    private readonly CudaAccelerator _accelerator;
    private readonly float[] _rows = [.. Enumerable.Range(0, Rows * 5).Select(i => (float)Math.Cos(i))];

    public CudaViewTests()
    {
        // ILGPU asks the system for libcuda.so, which gives a library of that name that is loaded already.
        NativeLibrary.Load(FakeCuda.Path);
        FakeCuda.Reset();
        _context = Context.Create(builder => builder.Cuda().CPU().EnableAlgorithms());
        _accelerator = _context.CreateCudaAccelerator(0);
    }

    public void Dispose()
    {
        _accelerator.Dispose();
        _context.Dispose();
        Assert.Equal(string.Empty, FakeCuda.Complaints);
        Assert.Equal(string.Empty, FakeCuda.Leaks);
        FakeCuda.Reset();
    }

    [Fact]
    public void Inference_is_in_place_and_in_turn_with_a_stream_and_the_host_does_not_wait()
    {
        using GpuBackend backend = Attach();
        using Model model = TinyGlow.Perturbed(backend, TinyVectors.Maf());
        double[] expected = model.LogProb(_rows);
        float[] latents = model.Forward(_rows)[0];
        float[] inverse = model.Inverse([latents]);
        float[] samples = model.Sample(Rows, 1, seed: 3);
        using MemoryBuffer1D<float, Stride1D.Dense> rows = _accelerator.Allocate1D(_rows);
        foreach (AcceleratorStream stream in new[] { _accelerator.CreateStream(), _accelerator.DefaultStream })
        {
            using MemoryBuffer1D<float, Stride1D.Dense> x = _accelerator.Allocate1D<float>(_rows.Length);
            using MemoryBuffer1D<float, Stride1D.Dense> z = _accelerator.Allocate1D<float>(_rows.Length);
            using MemoryBuffer1D<float, Stride1D.Dense> back = _accelerator.Allocate1D<float>(_rows.Length);
            using MemoryBuffer1D<float, Stride1D.Dense> drawn = _accelerator.Allocate1D<float>(_rows.Length);
            using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(Rows);
            FakeCuda.BeLazy();
            x.View.CopyFrom(stream, rows.View);
            int waits = FakeCuda.Waits;
            model.LogProb(stream, x.View, logProb.View);
            model.Forward(stream, x.View, z.View);
            model.Inverse(stream, z.View, back.View);
            model.Sample(stream, 1, seed: 3, firstIndex: 0, drawn.View);
            Assert.Equal(waits, FakeCuda.Waits);
            Assert.Equal(expected, logProb.GetAsArray1D(stream));
            Assert.Equal(latents, z.GetAsArray1D(stream));
            Assert.Equal(inverse, back.GetAsArray1D(stream));
            Assert.Equal(samples, drawn.GetAsArray1D(stream));
            FakeCuda.Reset();
        }
    }

    [Fact]
    public void Kernels_of_the_user_go_before_and_after()
    {
        using GpuBackend backend = Attach();
        using Model model = TinyGlow.Perturbed(backend, TinyVectors.Maf());
        double[] expected = model.LogProb([.. _rows.Select(value => 2 * (value - 0.5f))]);
        using AcceleratorStream stream = _accelerator.CreateStream();
        using MemoryBuffer1D<float, Stride1D.Dense> x = _accelerator.Allocate1D(_rows);
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(Rows);
        Action<AcceleratorStream, Index1D, ArrayView<float>> standardize =
            _accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>>(Standardize);
        Action<AcceleratorStream, Index1D, ArrayView<double>> negate =
            _accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<double>>(Negate);
        FakeCuda.BeLazy();
        int waits = FakeCuda.Waits;
        standardize(stream, _rows.Length, x.View);
        model.LogProb(stream, x.View, logProb.View);
        negate(stream, Rows, logProb.View);
        Assert.Equal(waits, FakeCuda.Waits);
        Assert.Equal(expected.Select(value => -value), logProb.GetAsArray1D(stream));
    }

    [Fact]
    public void The_example_finds_in_its_context_what_there_is()
    {
        using GpuBackend backend = Attach();
        AnomalySearchTests.AssertFindsWhatThereIs(_accelerator, backend);
    }

    [Fact]
    public void A_model_in_another_context_of_the_GPU_is_refused_before_anything_is_queued()
    {
        using GpuBackend backend = new(new GpuDrivers(FakeCuda.Path, "/nowhere/libOpenCL.so").Open("cuda:0"));
        using Model model = TinyGlow.Perturbed(backend, TinyVectors.Maf());
        using MemoryBuffer1D<float, Stride1D.Dense> x = _accelerator.Allocate1D<float>(_rows.Length);
        int waits = FakeCuda.Calls("cuStreamWaitEvent");
        GpuException error = Assert.Throws<GpuException>(() =>
            model.LogProb(_accelerator.DefaultStream, x.View, ArrayView<double>.Empty));
        Assert.Equal(GpuErrorKind.BadHandle, error.Kind);
        Assert.StartsWith("cuda:0: images at 0x7", error.Message, StringComparison.Ordinal);
        Assert.Contains("it is in another CUDA context of this GPU", error.Message, StringComparison.Ordinal);
        Assert.Equal(waits, FakeCuda.Calls("cuStreamWaitEvent"));
    }

    [Fact]
    public void A_model_on_the_CPU_and_one_on_the_GPU_are_told_apart()
    {
        using GpuBackend backend = Attach();
        using Model model = TinyGlow.Perturbed(backend, TinyVectors.Maf());
        using CPUAccelerator cpu = _context.CreateCPUAccelerator(0);
        using MemoryBuffer1D<float, Stride1D.Dense> x = cpu.Allocate1D(_rows);
        FlowException error = Assert.Throws<FlowException>(() =>
            model.LogProb(cpu.DefaultStream, x.View, ArrayView<double>.Empty));
        Assert.Equal(
            "the stream is of CPUAccelerator (CPU), and the model runs on cuda:0; expected a model on the accelerator's "
            + "OpenBackend()",
            error.Message);
    }

    [Fact]
    public void A_device_is_listed_and_opened_by_its_name()
    {
        GpuDeviceInfo info = IlgpuDevices.List()[^1];
        Assert.Equal((GpuRunner.Ilgpu, 48 * 1024), (info.Runner, info.MaxSharedBytesPerGroup));
        Assert.StartsWith("ilgpu:", info.Selector, StringComparison.Ordinal);
        using GpuDevice device = IlgpuDevices.Open(info.Selector);
        Assert.Equal(info, device.Info);
        GpuException error = Assert.Throws<GpuException>(() => IlgpuDevices.Open("ilgpu:99"));
        Assert.Equal(GpuErrorKind.NoDevice, error.Kind);
        Assert.Contains($"there is no device ilgpu:99; expected ", error.Message, StringComparison.Ordinal);
    }

    private static void Standardize(Index1D i, ArrayView<float> x) => x[i] = 2 * (x[i] - 0.5f);

    private static void Negate(Index1D i, ArrayView<double> x) => x[i] = -x[i];

    // What OpenBackend does, with the stand-in: the system's driver may be another.
    private GpuBackend Attach() => new(
        new GpuDrivers(FakeCuda.Path, "/nowhere/libOpenCL.so").Attach(_accelerator.DeviceId, _accelerator.NativePtr));
}
