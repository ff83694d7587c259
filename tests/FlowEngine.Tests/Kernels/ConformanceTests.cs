using FlowEngine.Conformance;
using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using FlowEngine.Tests.Backends;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FlowEngine.Tests.Kernels;

/// <summary>The conformance kernels on the emulator and on OpenCL, with random shapes.</summary>
public sealed class ConformanceTests
{
    private const int Runs = 3;

    public static TheoryData<string> Names => [.. KernelCases.All.Select(test => test.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_kernel_gives_what_it_should_on_the_emulator(string name)
    {
        KernelCase test = KernelCases.All.Single(test => test.Name == name);
        for (int seed = 0; seed < Runs; seed++)
        {
            using EmulatorDevice device = new(seed);
            CaseOutcome outcome = test.Run(device, new Random(seed));
            Assert.True(outcome.Error <= test.Tolerance, $"{name}, {outcome.Shape}: error {outcome.Error}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_kernel_gives_the_same_on_OpenCL_and_on_the_emulator(string name)
    {
        KernelCase test = KernelCases.All.Single(test => test.Name == name);
        Assert.SkipWhen(test.EmulatorOnly, "its buffer is larger than devices give");
        TestDevices.SkipWithoutOpenCl();
        using GpuDevice device = GpuDevices.Open("opencl:0");
        using EmulatorDevice emulator = new();

        // The seed decides the shape and the data.
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            CaseOutcome expected = test.Run(emulator, new Random(seed));
            CaseOutcome actual = test.Run(device, new Random(seed));
            double error = CaseOutcome.Distance(expected.Actual, actual.Actual);
            return (error <= test.Tolerance).Label($"{actual.Shape}: error {error}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
    }

    // A phase of ldmatrix reads eight rows of 16 bytes, and one of a copy writes eight chunks: all 32 banks, once each.
    [Fact]
    public void The_tiles_of_the_tensor_core_product_have_no_bank_conflicts()
    {
        for (int row = 0; row < BFloat16Product.Tile; row += 8)
        {
            for (int chunk = 0; chunk < 4; chunk++)
            {
                AssertAllBanks(Enumerable.Range(row, 8).Select(r => BFloat16Product.Place(r, chunk)));
            }
        }

        for (int row = 0; row < BFloat16Product.Tile; row += 2)
        {
            AssertAllBanks(Enumerable.Range(0, 8).Select(i => BFloat16Product.Place(row + (i / 4), i % 4)));
        }
    }

    [Fact]
    public void A_wrong_value_is_an_error_and_so_is_one_that_is_not_finite()
    {
        Assert.Equal(0, CaseOutcome.Distance([1, double.NaN, double.PositiveInfinity], [1, double.NaN, double.PositiveInfinity]));
        Assert.Equal(0.5, CaseOutcome.Distance([1, 2], [1, 3]));
        Assert.True(double.IsNaN(CaseOutcome.Distance([1, 2], [1, double.NaN])));
        Assert.True(double.IsNaN(CaseOutcome.Distance([1, double.NaN], [1, 2])));
        Assert.True(double.IsNaN(CaseOutcome.Distance([1, 2], [1])));
        Assert.False(new SelfTestResult("", "", 1, double.NaN, 1, null, 0).Passed);
    }

    private static void AssertAllBanks(IEnumerable<int> elements) =>
        Assert.Equal(8, elements.Select(element => element * sizeof(ushort) / 16 % 8).Distinct().Count());
}
