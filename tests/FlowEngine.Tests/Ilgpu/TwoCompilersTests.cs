using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using FlowEngine.Conformance;
using FlowEngine.Ilgpu;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tests.Gpu;
using FlowEngine.Tests.KernelCompiler;
using FlowEngine.Tests.Models;
using FlowEngine.Training;
using ILGPU;
using ILGPU.Runtime.Cuda;
using Xunit;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>
/// All kernels that ILGPU compiles, on its CUDA accelerator over the interpreting stand-in: every case of conformance passes, and
/// each launch writes what the committed PTX writes from the same memory, but for the differences of a committed table.
/// </summary>
[Collection(FakeCudaGroup.Name)]
public sealed class TwoCompilersTests : IDisposable
{
    private const string Table = "ilgpu.txt";

    private readonly Context _context;
    private readonly CudaAccelerator _accelerator;
    private readonly TwinDevice _device;

    public TwoCompilersTests()
    {
        NativeLibrary.Load(FakeCuda.Path);
        FakeCuda.Reset();
        _context = Context.Create(builder => builder.Cuda().EnableAlgorithms());
        _accelerator = _context.CreateCudaAccelerator(0);
        _device = new TwinDevice(
            IlgpuDevices.Attach(_accelerator), new GpuDrivers(FakeCuda.Path, "/nowhere/libOpenCL.so").Open("cuda:0"));
    }

    public void Dispose()
    {
        _device.Dispose();
        _accelerator.Dispose();
        _context.Dispose();
        Assert.Equal(string.Empty, FakeCuda.Complaints);
        Assert.Equal(string.Empty, FakeCuda.Leaks);
        FakeCuda.Reset();
    }

    [Fact]
    public void Every_case_passes_and_every_kernel_writes_what_the_committed_PTX_writes()
    {
        // Less precision is other products in the same kernels.
        foreach (NetworkPrecision precision in Enum.GetValues<NetworkPrecision>()
            .Where(precision => precision == NetworkPrecision.Full || FullRun.IsOn))
        {
            using GpuBackend backend = new(_device, ownsDevice: false, precision);
            Assert.All(SelfTest.Run(backend), result => Assert.True(
                result.Passed, $"{result.Name}: error {result.Error}, expected at most {result.Tolerance}; {result.Fault}"));
        }

        LaunchWhatNoCaseDoes();
        Assert.Equal(
            KernelsOf(typeof(IlgpuDevices).Assembly).Order(StringComparer.Ordinal),
            _device.Differences.Kernels.Keys.Order(StringComparer.Ordinal));
        string measured = Path.Combine(AppContext.BaseDirectory, Table);
        string committed = ProjectFolder.Path("kernels", "ptx", Table);
        File.WriteAllLines(measured, Rows());
        Assert.True(
            Kernels(committed).SequenceEqual(Kernels(measured)),
            $"other kernels than in the committed table. If this is on purpose: cp {measured} kernels/ptx/{Table}");
        Assert.All(_device.Differences.Kernels, kernel => Assert.True(
            kernel.Value.Largest <= ToleranceOf(kernel.Key),
            $"{kernel.Key}: difference {kernel.Value.Largest}, expected at most {ToleranceOf(kernel.Key)}"));
    }

    private static IEnumerable<string> Kernels(string path) => File.ReadLines(path)
        .Where(line => line[0] != '#')
        .Select(line => line.Split(' ')[0]);

    // A product that becomes a sum, in ours and in ILGPU's.
    [Theory]
    [InlineData("mul.rn.f32", "add.rn.f32")]
    [InlineData("mul.f32", "add.f32")]
    public void A_fault_of_either_compiler_is_found(string right, string wrong)
    {
        using GpuBackend backend = new(_device, ownsDevice: false);
        FakeCuda.Plant(right, wrong);
        BackendCase test = BackendCases.All.First(test => test.Name == "Coupling, affine");
        _ = test.Error(backend);
        Assert.Contains(_device.Differences.Kernels, kernel => !(kernel.Value.Largest <= ToleranceOf(kernel.Key)));
    }

    // Training, calls on arrays of the device, and what networks use on other devices.
    private void LaunchWhatNoCaseDoes()
    {
        const int Images = 2;
        const int Channels = 6;

        using GpuBackend backend = new(_device, ownsDevice: false);
        using CpuBackend cpu = new(1);
        using Model model = Model.Create(TinyGlow.Config(TinyGlow.Options(hidden: 16)), backend, 1);
        using Model same = Model.Create(TinyGlow.Config(TinyGlow.Options(hidden: 16)), cpu, 1);
        Assert.All(Losses(same).Zip(Losses(model)), pair =>
            Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4 * pair.First, $"{pair}"));
        int dims = model.Flow.Dims;
        using GpuBuffer<float> images = _device.Allocate<float>(Images * dims);
        using GpuBuffer<byte> levels = _device.Allocate<byte>(Images * dims);
        using GpuBuffer<double> numbers = _device.Allocate<double>(Images);
        CallerArray<double> results = new(numbers.View);
        ImageArray drawn = new(new CallerArray<byte>(levels.View), 1, 0);
        InferenceRun run = new(model, new GpuCallerMemory(backend));
        run.Sample([0.7], 1, 0, drawn);
        run.LogProb(drawn, results);
        run.BitsPerDim(drawn, results);
        run.Dequantize(drawn, new CallerArray<float>(images.View));
        run.RoundTrip(new CallerArray<float>(images.View), results);

        ImageShape shape = new(Images, 4, 4, Channels);
        using DeviceBuffer from = backend.Allocate(shape.Length);
        using DeviceBuffer to = backend.Allocate(shape.Length);
        backend.Write(Numbers(shape.Length), from.View);
        backend.SqueezeInverse(shape, from.View, to.View);
        Assert.True(backend.IsFinite(to.View));
        backend.PhiloxUniform(new PhiloxKey(1, 2, 3), [0, 1], (int)(shape.Length / Images), to.View);

        using GpuStream stream = _device.CreateStream();
        GpuBuffer<float>[] parts =
            [.. Enumerable.Range(0, 15).Select(_ => _device.Allocate<float>(Channels * Channels))];
        foreach (GpuBuffer<float> part in parts)
        {
            stream.CopyToDevice<float>(Numbers(part.Length), part);
        }

        SumKernels.AddManyParts(stream, new LaunchGrid(1), parts[0], parts[1].View.Slice(0, Channels), Channels, Channels);
        using GpuBuffer<double> scratch = _device.Allocate<double>(2 * Channels * Channels);
        PixelAffineKernels.AssembleBackward(
            stream, new LaunchGrid(1), parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7], parts[8],
            parts[9], parts[10], parts[11], parts[12], parts[13], parts[14], scratch,
            new PixelAffineKernels.Parts(Channels, 1, 1, 0), Images, 16);
        foreach (GpuBuffer<float> part in parts)
        {
            part.Dispose();
        }
    }

    private static double[] Losses(Model model)
    {
        using Trainer trainer = TinyGlow.Train(model, new TrainerOptions { Batch = 8, WarmupSamples = 64, EmaDecay = 0.9 }, 0);
        return [.. Enumerable.Range(0, 5).Select(_ => trainer.Step().BitsPerDim)];
    }

    private static float[] Numbers(long length) => [.. Enumerable.Range(0, (int)length).Select(i => (float)Math.Cos(i))];

    private IEnumerable<string> Rows() =>
    [
        "# What ILGPU's PTX of each kernel writes beside ours, both run by the interpreter of PTX from the same memory, in all cases",
        "# of conformance (in three precisions of networks), five updates and some calls: launches, the largest difference of two",
        "# elements by the larger of ours and the root of the mean square of what the launch wrote, and what is allowed. Splines",
        "# divide a place in a bin by its width: sums of other roundings are up to 2.4e-7 apart at a bound of 3, and a bin is as",
        "# narrow as 0.01; against float64 the two are equally good. - is a kernel of the fused networks, which ILGPU does not",
        "# compile. The test TwoCompilersTests says how this is renewed on purpose.",
        .. KernelsOf(typeof(SumKernels).Assembly).Order(StringComparer.Ordinal).Select(Row),
    ];

    private string Row(string kernel) => _device.Differences.Kernels.TryGetValue(kernel, out (int Launches, double Largest) of)
        ? string.Create(CultureInfo.InvariantCulture, $"{kernel,-40} {of.Launches,6} {of.Largest,8:0.0e-0} {ToleranceOf(kernel),6:0e-0}")
        : $"{kernel,-40}      -        -      -";

    private static IEnumerable<string> KernelsOf(Assembly assembly) =>
        from type in assembly.GetTypes()
        where type.Namespace == "FlowEngine.Kernels.Device"
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
        where method.GetCustomAttribute<KernelAttribute>() is not null
        select $"{type.Name}_{method.Name}";

    private static double ToleranceOf(string kernel) => kernel.StartsWith("SplineKernels_", StringComparison.Ordinal) ? 1e-4 : 5e-6;
}
