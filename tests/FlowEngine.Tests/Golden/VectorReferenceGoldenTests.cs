using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;

namespace FlowEngine.Tests.Golden;

public sealed class VectorReferenceGoldenTests : VectorGoldenCases
{
    protected override double LogProbTolerance => 1e-8;

    protected override double GradientTolerance => 1e-8;

    protected override IBackend CreateBackend() => new ReferenceBackend<double>();
}
