using FlowEngine.Kernels;

namespace FlowEngine.Tests.Backends;

public sealed class OpenClBackendTests : BackendTests
{
    protected override IBackend CreateBackend() => TestDevices.OpenClOrSkip();
}
