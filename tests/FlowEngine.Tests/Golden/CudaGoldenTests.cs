using FlowEngine.Kernels;
using FlowEngine.Tests.Gpu;
using Xunit;

namespace FlowEngine.Tests.Golden;

[Collection(FakeCudaGroup.Name)]
public sealed class CudaGoldenTests : GoldenCases
{
    protected override double LogProbTolerance => 1e-4;

    protected override double GradientTolerance => 1e-3;

    protected override IBackend CreateBackend() => FakeCuda.OpenBackend();
}
