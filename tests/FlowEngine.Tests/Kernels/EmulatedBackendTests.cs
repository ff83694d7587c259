using FlowEngine.Conformance;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using Xunit;

namespace FlowEngine.Tests.Kernels;

/// <summary>The operations of a flow on the emulator, which also finds races and accesses out of range.</summary>
public sealed class EmulatedBackendTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, BackendCases.All.Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_operation_agrees_with_the_reference_on_the_emulator(int number)
    {
        BackendCase test = BackendCases.All[number];
        using EmulatorDevice device = new();
        using GpuBackend backend = new(device, ownsDevice: false);
        double error = test.Error(backend);
        Assert.True(error <= BackendCase.Tolerance, $"{test.Name} of {test.Shape}: error {error}");
    }
}
