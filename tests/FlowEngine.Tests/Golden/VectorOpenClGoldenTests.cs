using FlowEngine.Kernels;
using FlowEngine.Tests.Backends;

namespace FlowEngine.Tests.Golden;

public sealed class VectorOpenClGoldenTests : VectorGoldenCases
{
    protected override double LogProbTolerance => 1e-4;

    protected override double GradientTolerance => 1e-3;

    protected override IBackend CreateBackend() => TestDevices.OpenClOrSkip();
}
