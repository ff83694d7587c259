using FlowEngine.Ilgpu;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Xunit;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>Models on the memory of ILGPU's CPU accelerator give the bits that they give on arrays.</summary>
public sealed class CpuViewTests : IDisposable
{
    private const int Rows = 3;
    private const int Dims = 5;
    private readonly Context _context = Context.Create(builder => builder.CPU(new CPUDevice(32, 1, 1)));
    private readonly CPUAccelerator _accelerator;
    private readonly IBackend _backend;
    private readonly Model _model;
    private readonly float[] _rows = [.. Enumerable.Range(0, Rows * Dims).Select(i => (float)Math.Cos(i))];

    public CpuViewTests()
    {
        _accelerator = _context.CreateCPUAccelerator(0);
        _backend = _accelerator.OpenBackend(threads: 1);
        _model = TinyGlow.Perturbed(_backend, TinyVectors.Maf());
    }

    private AcceleratorStream Stream => _accelerator.DefaultStream;

    public void Dispose()
    {
        _model.Dispose();
        _backend.Dispose();
        _accelerator.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void Inference_in_place_gives_the_bits_of_arrays()
    {
        using MemoryBuffer1D<float, Stride1D.Dense> rows = _accelerator.Allocate1D(_rows);
        using MemoryBuffer1D<float, Stride1D.Dense> latents = _accelerator.Allocate1D<float>(_rows.Length);
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(Rows);
        _model.LogProb(Stream, rows.View, logProb.View);
        _model.Forward(Stream, rows.View, latents.View);
        Assert.Equal(_model.LogProb(_rows), logProb.GetAsArray1D());
        Assert.Equal(_model.Forward(_rows)[0], latents.GetAsArray1D());

        _model.Inverse(Stream, latents.View, rows.View);
        Assert.Equal(_model.Inverse(_model.Forward(_rows)), rows.GetAsArray1D());
        _model.Sample(Stream, 1, seed: 3, firstIndex: 2, rows.View);
        Assert.Equal(_model.Sample(Rows, 1, seed: 3, firstIndex: 2), rows.GetAsArray1D());
    }

    [Fact]
    public void Grey_levels_in_place_give_the_bits_of_arrays()
    {
        using Model glow = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        byte[] levels = [.. Enumerable.Range(0, 2 * glow.Flow.Dims).Select(i => (byte)(i % glow.Bins))];
        using MemoryBuffer1D<byte, Stride1D.Dense> images = _accelerator.Allocate1D(levels);
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(2);
        glow.LogProb(Stream, images.View, seed: 7, firstIndex: 1, logProb.View);
        Assert.Equal(glow.LogProb(levels, seed: 7, firstIndex: 1), logProb.GetAsArray1D());
    }

    [Fact]
    public void A_kernel_of_the_user_goes_before_and_one_after()
    {
        using MemoryBuffer1D<float, Stride1D.Dense> rows = _accelerator.Allocate1D(_rows);
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(Rows);
        Action<AcceleratorStream, Index1D, ArrayView<float>> halve =
            _accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>>(Halve);
        Action<AcceleratorStream, Index1D, ArrayView<double>> negate =
            _accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<double>>(Negate);
        halve(Stream, _rows.Length, rows.View);
        _model.LogProb(Stream, rows.View, logProb.View);
        negate(Stream, Rows, logProb.View);
        Stream.Synchronize();
        double[] expected = _model.LogProb([.. _rows.Select(value => value / 2)]);
        Assert.Equal(expected.Select(value => -value), logProb.GetAsArray1D());
    }

    [Fact]
    public void Rows_of_two_dimensional_views_are_taken_in_place_and_others_are_refused()
    {
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(Rows);
        using MemoryBuffer1D<float, Stride1D.Dense> rows = _accelerator.Allocate1D(_rows);
        _model.LogProb(Stream, rows.View.As2DDenseYView(new LongIndex2D(Rows, Dims)).Flatten(), logProb.View);
        Assert.Equal(_model.LogProb(_rows), logProb.GetAsArray1D());

        FlowException columns = Assert.Throws<FlowException>(() =>
            rows.View.As2DDenseXView(new LongIndex2D(Rows, Dims)).Flatten());
        Assert.Equal(
            "the view of 3 x 5 elements has strides 1 and 3, expected 5 and 1: rows one after the other", columns.Message);
        FlowException wide = Assert.Throws<FlowException>(() =>
            rows.View.As2DDenseYView(new LongIndex2D(Rows, Dims)).SubView(new Index2D(0, 1), new Index2D(2, 2)).Flatten());
        Assert.Equal(
            "the view of 2 x 2 elements has strides 5 and 1, expected 2 and 1: rows one after the other", wide.Message);
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        using MemoryBuffer1D<float, Stride1D.Dense> rows = _accelerator.Allocate1D(_rows);
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(Rows);
        Refused(
            () => _model.LogProb(Stream, rows.View.SubView(1, 14), logProb.View),
            "14 values and 3 results were given, expected 5 values for each result");
        Refused(
            () => _model.LogProb(Stream, rows.View, ArrayView<double>.Empty),
            "15 values and 0 results were given, expected 5 values for each result");
        Refused(
            () => _model.Forward(Stream, rows.View, rows.View.SubView(0, 10)),
            "15 values and 2 results were given, expected 5 values for each result");
    }

    [Fact]
    public void A_view_of_another_accelerator_is_refused()
    {
        using CPUAccelerator other = _context.CreateCPUAccelerator(0);
        using MemoryBuffer1D<float, Stride1D.Dense> rows = other.Allocate1D(_rows);
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = _accelerator.Allocate1D<double>(Rows);
        Refused(
            () => _model.LogProb(Stream, rows.View, logProb.View),
            "images is in the memory of CPUAccelerator (CPU), expected that of the stream's accelerator, CPUAccelerator (CPU)");
    }

    [Fact]
    public void A_model_on_another_device_is_refused()
    {
        using IBackend emulator = FlowEngine.Execution.Devices.Open("emulator");
        using Model model = TinyGlow.Perturbed(emulator, TinyVectors.Maf());
        using MemoryBuffer1D<float, Stride1D.Dense> rows = _accelerator.Allocate1D(_rows);
        Refused(
            () => model.LogProb(Stream, rows.View, ArrayView<double>.Empty),
            "the stream is of CPUAccelerator (CPU), and the model runs on emulator; expected a model on the accelerator's "
            + "OpenBackend()");
    }

    private static void Halve(Index1D i, ArrayView<float> x) => x[i] /= 2;

    private static void Negate(Index1D i, ArrayView<double> x) => x[i] = -x[i];

    private static void Refused(Action call, string message)
    {
        FlowException error = Assert.Throws<FlowException>(call);
        Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        Assert.Equal(message, error.Message);
    }
}
