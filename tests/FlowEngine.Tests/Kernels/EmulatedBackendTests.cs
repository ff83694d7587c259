using FlowEngine.Conformance;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;
using Xunit;

namespace FlowEngine.Tests.Kernels;

/// <summary>The operations of a flow on the emulator, which also finds races and accesses out of range.</summary>
public sealed class EmulatedBackendTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, BackendCases.All.Count)];

    public static TheoryData<NetworkPrecision, int> NetworkCases => new(
        from precision in new[] { NetworkPrecision.TensorFloat32, NetworkPrecision.BFloat16 }
        from number in Enumerable.Range(0, BackendCases.Networks.Count)
        select (precision, number));

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_operation_agrees_with_the_reference_on_the_emulator(int number)
    {
        BackendCase test = BackendCases.All[number];
        using EmulatorDevice device = new();
        using GpuBackend backend = new(device, ownsDevice: false);
        double error = test.Error(backend);
        Assert.True(error <= BackendCase.ToleranceOf(NetworkPrecision.Full), $"{test.Name} of {test.Shape}: error {error}");
    }

    [Theory]
    [MemberData(nameof(NetworkCases))]
    public void A_network_agrees_with_the_reference_in_reduced_precision(NetworkPrecision precision, int number)
    {
        BackendCase test = BackendCases.Networks[number];
        using EmulatorDevice device = new();
        using GpuBackend backend = new(device, ownsDevice: false, precision);
        double error = test.Error(backend);
        Assert.True(error <= BackendCase.ToleranceOf(precision), $"{test.Name} of {test.Shape}: error {error}");
    }
}
