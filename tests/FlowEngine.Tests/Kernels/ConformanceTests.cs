using FlowEngine.Conformance;
using FlowEngine.Kernels.Gpu.Emulator;
using Xunit;

namespace FlowEngine.Tests.Kernels;

/// <summary>The conformance kernels on the emulator, with random shapes.</summary>
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
}
