namespace FlowEngine.Tests.Backends;

/// <summary>Every operation of a backend: those of the networks, and here the others, which know no precision.</summary>
public abstract partial class BackendTests : NetworkTests
{
}
