namespace FlowEngine.Kernels;

/// <summary>Operations that run again and again with the same arguments.</summary>
public interface IRecording : IDisposable
{
    /// <summary>Runs the operations.</summary>
    void Run();
}
