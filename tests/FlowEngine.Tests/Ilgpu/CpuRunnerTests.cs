using FlowEngine.Conformance;
using FlowEngine.Ilgpu;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using ILGPU;
using ILGPU.Runtime.CPU;
using Xunit;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>
/// Our kernels as ILGPU's CPU accelerator runs them. Each of the 256 threads of a group is one of the system, and all of them
/// spin at a barrier: most cases take seconds to minutes, so only the quick ones run here, and with nothing beside them. All run
/// where <c>FLOWENGINE_ILGPU_CASES</c> is <c>all</c>, and on CUDA in <see cref="TwoCompilersTests"/>.
/// </summary>
[Collection(CrowdedGroup.Name)]
public sealed class CpuRunnerTests : IDisposable
{
    private static readonly string[] _slow =
    [
        "PixelNetwork", "PixelStage", "ResidualNetwork", "DenseNetwork", "LayeredNetwork", "Autoregressive", "BatchNorm",
        "SplineNetwork",
    ];

    private readonly Context _context = Context.Create(builder => builder.CPU(new CPUDevice(32, 8, 1)).EnableAlgorithms());
    private readonly CPUAccelerator _accelerator;
    private readonly GpuBackend _backend;

    public CpuRunnerTests()
    {
        _accelerator = _context.CreateCPUAccelerator(0);
        _backend = new GpuBackend(IlgpuDevices.Attach(_accelerator));
    }

    public void Dispose()
    {
        _backend.Dispose();
        _accelerator.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void The_cases_of_conformance_give_what_they_should()
    {
        bool all = Environment.GetEnvironmentVariable("FLOWENGINE_ILGPU_CASES") == "all";
        BackendCase[] cases = [.. BackendCases.All.Where(test => all || IsQuick(test))];
        TestContext.Current.TestOutputHelper!.WriteLine($"{cases.Length} of {BackendCases.All.Count} cases");
        Assert.All(cases, test =>
        {
            double error = test.Error(_backend);
            Assert.True(error <= BackendCase.ToleranceOf(NetworkPrecision.Full), $"{test.Name} of {test.Shape}: error {error}");
        });
    }

    [Fact]
    public void A_model_gives_what_it_does_on_the_CPU()
    {
        const int Rows = 3;

        using CpuBackend cpu = new(1);
        using Model expected = TinyGlow.Perturbed(cpu, TinyVectors.Maf());
        using Model actual = TinyGlow.Perturbed(_backend, TinyVectors.Maf());
        float[] rows = [.. Enumerable.Range(0, Rows * 5).Select(i => (float)Math.Cos(i))];
        AssertClose(expected.LogProb(rows), actual.LogProb(rows));
        AssertClose(Doubles(expected.Sample(Rows, 1, seed: 3)), Doubles(actual.Sample(Rows, 1, seed: 3)));
    }

    [Fact]
    public void Warps_of_another_size_are_refused()
    {
        using Context context = Context.Create(builder => builder.CPU(new CPUDevice(4, 4, 1)));
        using CPUAccelerator accelerator = context.CreateCPUAccelerator(0);
        GpuException error = Assert.Throws<GpuException>(() => IlgpuDevices.Attach(accelerator));
        Assert.Equal("ilgpu:0: CPUAccelerator has warps of 4 threads, expected 32", error.Message);
    }

    // The least shape, and none of the networks but that of the model below.
    private static bool IsQuick(BackendCase test) =>
        test.Shape.StartsWith("5x1x1x", StringComparison.Ordinal)
        && !_slow.Any(name => test.Name.StartsWith(name, StringComparison.Ordinal));

    private static double[] Doubles(float[] values) => [.. values.Select(value => (double)value)];

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.True(
            Math.Abs(pair.Second - pair.First) <= 1e-5 * Math.Max(1, Math.Abs(pair.First)), $"{pair}"));
}
