using FlowEngine.Kernels;

namespace FlowEngine.Tests.Backends;

public sealed class OpenClBFloat16Tests : NetworkTests
{
    protected override IBackend CreateBackend() => TestDevices.OpenClOrSkip(NetworkPrecision.BFloat16);
}
