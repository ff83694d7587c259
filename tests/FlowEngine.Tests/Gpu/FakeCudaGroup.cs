using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>Tests that share the one stand-in for the CUDA driver, and so run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class FakeCudaGroup : ICollectionFixture<PtxCoverage>
{
    internal const string Name = "fake CUDA";
}
