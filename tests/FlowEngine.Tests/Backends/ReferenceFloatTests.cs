using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;

namespace FlowEngine.Tests.Backends;

public sealed class ReferenceFloatTests : BackendTests
{
    protected override IBackend CreateBackend() => new ReferenceBackend<float>();
}
