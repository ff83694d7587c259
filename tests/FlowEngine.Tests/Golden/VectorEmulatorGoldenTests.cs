using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Golden;

public sealed class VectorEmulatorGoldenTests : VectorGoldenCases
{
    protected override double LogProbTolerance => 1e-4;

    protected override double GradientTolerance => 1e-3;

    protected override IBackend CreateBackend() => GpuBackend.Open("emulator");
}
