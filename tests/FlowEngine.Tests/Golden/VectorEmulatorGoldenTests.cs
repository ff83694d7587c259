using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Golden;

public sealed class VectorEmulatorGoldenTests : VectorGoldenCases
{
    protected override double LogProbTolerance => 1e-4;

    protected override double GradientTolerance => 1e-3;

    // Its kernels run on the emulator in the cases of conformance, and its losses on OpenCL and the stand-in for CUDA.
    protected override bool IsSlow(string name) => name.EndsWith("realnvp", StringComparison.Ordinal);

    protected override IBackend CreateBackend() => GpuBackend.Open("emulator");
}
