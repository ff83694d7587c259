using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Tests.Golden;

public sealed class VectorCpuGoldenTests : VectorGoldenCases
{
    protected override double LogProbTolerance => 1e-4;

    protected override double GradientTolerance => 1e-3;

    protected override IBackend CreateBackend() => new CpuBackend(2);
}
