using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Tests.Backends;

public sealed class CpuBackendTests : BackendTests
{
    protected override IBackend CreateBackend() => new CpuBackend(2);

    protected override IBackend CreateTwin() => new CpuBackend(5);
}
