using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Tests that measure the time of this process, so that nothing else may run in it meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TimingGroup
{
    public const string Name = "Timing";
}
