using Xunit;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>Tests of hundreds of threads, which would leave little of the processors to others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CrowdedGroup
{
    internal const string Name = "Crowded";
}
