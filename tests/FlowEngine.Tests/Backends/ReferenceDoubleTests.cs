using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;

namespace FlowEngine.Tests.Backends;

/// <summary>For the cases that have a judge of their own: random numbers, optimizers, assembly, the batch.</summary>
public sealed class ReferenceDoubleTests : BackendTests
{
    protected override IBackend CreateBackend() => new ReferenceBackend<double>();
}
