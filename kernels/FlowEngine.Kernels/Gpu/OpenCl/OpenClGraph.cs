namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>Recorded commands, queued again one by one: OpenCL 1.2 has no graphs of its own.</summary>
internal sealed class OpenClGraph : GpuGraph
{
    private readonly OpenClDevice _device;
    private readonly List<OpenClCommand> _commands;
    private int _disposed;

    public OpenClGraph(OpenClDevice device, List<OpenClCommand> commands)
    {
        _device = device;
        _commands = commands;
        device.Live.Add(this);
    }

    /// <summary>The commands, for a launch on a device.</summary>
    /// <param name="device">The device, which must be the graph's.</param>
    public List<OpenClCommand> CommandsFor(OpenClDevice device)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return device == _device
            ? _commands
            : throw new ArgumentException($"the graph is {_device.Info.Selector}'s, expected {device.Info.Selector}'s");
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _device.Live.Remove(this);
            foreach (OpenClCommand command in _commands)
            {
                command.Free(_device);
            }
        }
    }
}
