namespace FlowEngine.Kernels.Host;

/// <summary>Operations that run as they are called: the host has nothing to gain from a recording.</summary>
internal sealed class HostRecording(Action operations) : IRecording
{
    public void Run() => operations();

    public void Dispose()
    {
    }
}
