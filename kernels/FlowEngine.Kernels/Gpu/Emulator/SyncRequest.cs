using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>What a thread of the emulator waits for. The generated form of a kernel yields it.</summary>
public abstract class SyncRequest
{
    private protected SyncRequest(string operation, string file, int line)
    {
        Operation = operation;
        Line = new SourceLine(file, line);
    }

    /// <summary>Its name in the device API.</summary>
    internal string Operation { get; }

    internal SourceLine Line { get; }
}
