using FlowEngine.Kernels;

namespace FlowEngine.Tests.Backends;

public sealed class OpenClTensorFloat32Tests : NetworkTests
{
    protected override IBackend CreateBackend() => TestDevices.OpenClOrSkip(NetworkPrecision.TensorFloat32);
}
