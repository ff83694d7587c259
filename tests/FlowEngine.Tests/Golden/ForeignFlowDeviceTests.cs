using FlowEngine.Kernels;
using FlowEngine.Tests.Backends;
using FlowEngine.Tests.Gpu;
using Xunit;

namespace FlowEngine.Tests.Golden;

/// <summary>Flows of other libraries on the runners of GPU kernels: of each kind of network one.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class ForeignFlowDeviceTests
{
    // Gradients through splines are as far off as on the CPU, or a little more: sums have another order.
    [Theory]
    [InlineData("zuko-maf-context", 1e-5)]
    [InlineData("zuko-nsf", 2e-5)]
    [InlineData("zuko-nsf-coupling", 2e-5)]
    [InlineData("nflows-nsf-context", 2e-5)]
    [InlineData("nflows-made-context-tanh", 1e-5)]
    [InlineData("normflows-coupling-spline", 2e-5)]
    [InlineData("normflows-spline-box", 1e-5)]
    [InlineData("flowjax-maf", 2e-5)]
    [InlineData("flowjax-coupling-affine", 1e-5)]
    public void On_OpenCL_all_values_and_gradients_are_close(string name, double ofGradients)
    {
        using IBackend backend = TestDevices.OpenClOrSkip();
        ForeignFlowTests.Compare(name, backend, 1e-5, ofGradients);
    }

    [Fact]
    public void So_they_are_where_the_PTX_runs()
    {
        using IBackend backend = FakeCuda.OpenBackend();
        ForeignFlowTests.Compare("nflows-nsf-context", backend, 1e-5, 2e-5);
    }
}
