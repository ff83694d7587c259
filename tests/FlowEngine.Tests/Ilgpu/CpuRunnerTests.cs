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
/// Our kernels as ILGPU's CPU accelerator runs them. Each of the 256 threads of a group is one of the system, which makes
/// barriers slow: most cases take seconds, and only the quick ones run here. <see cref="TwoCompilersTests"/> has all.
/// </summary>
public sealed class CpuRunnerTests : IDisposable
{
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
    public void The_quick_cases_of_conformance_give_what_they_should()
    {
        BackendCase[] quick =
        [
            .. BackendCases.All.Where(test => test.Shape.StartsWith("5x1x1x", StringComparison.Ordinal)
                && test.Name is not ("ResidualNetwork" or "PixelNetwork, inner ActNorm" or "PixelStage, squeezed")
                && (test.Name == "LayeredNetwork, masked, residual"
                    || !test.Name.StartsWith("LayeredNetwork", StringComparison.Ordinal))),
        ];
        Assert.Equal(37, quick.Length);
        Assert.All(quick, test =>
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

    private static double[] Doubles(float[] values) => [.. values.Select(value => (double)value)];

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.True(
            Math.Abs(pair.Second - pair.First) <= 1e-5 * Math.Max(1, Math.Abs(pair.First)), $"{pair}"));
}
